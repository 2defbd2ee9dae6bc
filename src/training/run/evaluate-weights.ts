/** Scores the averaged weights, with the validation images spread over the replicas. */
import type { Dataset, DatasetImage } from '../../datasets/dataset-types.ts';
import {
  type DatasetDetector,
  detectDataset,
  detectInOrder,
} from '../../evaluation/detect-dataset.ts';
import { type EvaluationResult, evaluate } from '../../evaluation/evaluate.ts';
import type { Predictions } from '../../evaluation/predictions.ts';
import type { EvaluationConfig } from '../config/train-config.ts';
import type { Replica } from '../data-parallel/replica-protocol.ts';
import type { EvaluationRecord } from './step-record.ts';

export interface EvaluateOptions {
  signal?: AbortSignal;
  onProgress?: (progress: { done: number; total: number }) => void;
  onPredictions?: (predictions: Predictions) => void;
}

/**
 * Evaluates the averaged weights of the replicas.
 * @throws ABORTED, and the errors of evaluation
 */
export async function evaluateReplicas(
  replicas: readonly Replica[],
  validation: Dataset,
  { images, metric }: EvaluationConfig,
  options: EvaluateOptions,
): Promise<Omit<EvaluationRecord, 'best'>> {
  const dataset = { ...validation, images: spread(validation.images, images) };
  await Promise.all(replicas.map((replica) => replica.beginDetecting()));
  try {
    const { classes } = dataset;
    const source = detectInOrder(detectorOf(replicas, classes));
    const found = await detectDataset(source, classes, dataset, options);
    options.onPredictions?.(found.predictions);
    const result = evaluate(dataset, found.predictions, { metric });
    const { seconds } = found;
    const { perClass } = result;
    return { score: scoreOf(result), perClass, images: dataset.images.length, seconds };
  } finally {
    await Promise.all(replicas.map((replica) => replica.endDetecting()));
  }
}

function scoreOf(result: EvaluationResult): number | null {
  return result.metric === 'coco' ? result.AP : result.mAP;
}

/** Picks a number of images, evenly spread over the list. */
function spread(images: readonly DatasetImage[], count: number | null): DatasetImage[] {
  const most = Math.min(count ?? images.length, images.length);
  return Array.from({ length: most }, (_, i) => images[Math.floor((i * images.length) / most)]);
}

/** Presents the replicas as one detector. */
function detectorOf(replicas: readonly Replica[], classes: readonly string[]): DatasetDetector {
  let next = 0;
  return {
    classes,
    concurrency: 2 * replicas.length,
    detect: (path) => replicas[next++ % replicas.length].detect(path),
  };
}
