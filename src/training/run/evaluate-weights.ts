/** Scores the averaged weights, the validation images spread over the replicas. */
import type { Dataset, DatasetImage } from '../../datasets/dataset-types.ts';
import { RefineDetError } from '../../errors.ts';
import {
  type DetectionSource,
  detectDataset,
  type ImageOutcome,
  isImageError,
} from '../../evaluation/detect-dataset.ts';
import { type EvaluationResult, evaluate } from '../../evaluation/evaluate.ts';
import type { EvaluationConfig } from '../config/train-config.ts';
import type { Replica } from '../data-parallel/replica-protocol.ts';
import type { EvaluationRecord } from './step-record.ts';

export interface EvaluateOptions {
  signal?: AbortSignal;
  onProgress?: (progress: { done: number; total: number }) => void;
}

/** @throws ABORTED, and what evaluation throws */
export async function evaluateReplicas(
  replicas: readonly Replica[],
  validation: Dataset,
  { images, metric }: EvaluationConfig,
  options: EvaluateOptions,
): Promise<Omit<EvaluationRecord, 'best'>> {
  const dataset = { ...validation, images: spread(validation.images, images) };
  await Promise.all(replicas.map((replica) => replica.beginDetecting()));
  try {
    const found = await detectDataset(sourceOf(replicas), dataset.classes, dataset, options);
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

/** So many images, evenly over the list. */
function spread(images: readonly DatasetImage[], count: number | null): DatasetImage[] {
  const most = Math.min(count ?? images.length, images.length);
  return Array.from({ length: most }, (_, i) => images[Math.floor((i * images.length) / most)]);
}

/** Every replica looks at the next image as soon as it is free. */
function sourceOf(replicas: readonly Replica[]): DetectionSource {
  return async function* (images) {
    let next = 0;
    const running = new Map<Replica, Promise<[Replica, ImageOutcome]>>();
    const start = (replica: Replica) => {
      const index = next++;
      if (index >= images.length) running.delete(replica);
      else running.set(replica, look(replica, images[index], index));
    };
    for (const replica of replicas) start(replica);
    try {
      while (running.size > 0) {
        const [replica, outcome] = await Promise.race(running.values());
        start(replica);
        yield outcome;
      }
    } finally {
      // Where the rest is not wanted: what is under way must end before its detector goes.
      await Promise.allSettled(running.values());
    }
  };
}

async function look(
  replica: Replica,
  { path }: DatasetImage,
  index: number,
): Promise<[Replica, ImageOutcome]> {
  try {
    return [replica, { index, detections: await replica.detect(path) }];
  } catch (error) {
    if (isImageError(error)) return [replica, { index, detections: [], error }];
    throw error instanceof RefineDetError
      ? error
      : new RefineDetError('UNEXPECTED', String(error), { cause: error });
  }
}
