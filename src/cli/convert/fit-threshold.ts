/** Shifts a model's scores until the usual threshold is the best one on a dataset. */
import { loadDataset } from '../../datasets/load-dataset.ts';
import { DEFAULT_SCORE_THRESHOLD } from '../../detection/detect-options.ts';
import { RefineDet } from '../../detector.ts';
import { RefineDetError } from '../../errors.ts';
import { analyze } from '../../evaluation/analysis/analyze.ts';
import { evaluateDetector } from '../../evaluation/detect-dataset.ts';
import { logit } from '../../logit.ts';
import type { Model } from '../../model/model.ts';
import { shiftScores } from '../../model/shift-scores.ts';
import type { DataPart } from '../../training/config/train-config.ts';
import { interruptSignal } from '../interrupt.ts';
import { Progress } from '../progress.ts';
import { warn } from '../terminal.ts';

const METRIC = { metric: 'voc07', iouThreshold: 0.5 } as const;

/** A model and the score at which its F1 was best before. */
export interface FittedModel {
  model: Model;
  threshold: number;
}

/**
 * The threshold is that of the best F1 over all classes together, at IoU 0.5.
 * @throws FILE_NOT_FOUND, DATASET_*, INVALID_OPTION, ABORTED
 */
export async function fitThreshold(model: Model, { path, split }: DataPart): Promise<FittedModel> {
  const dataset = await loadDataset(path, { split });
  const progress = new Progress(dataset.images.length, {});
  const detector = await RefineDet.load(model, { warn });
  try {
    const { predictions, failures } = await evaluateDetector(detector, dataset, {
      ...METRIC,
      signal: interruptSignal(),
      onProgress: () => progress.advance(),
    });
    if (failures.length > 0) throw failures[0].error;
    const { best } = analyze(dataset, predictions, METRIC);
    if (best.f1 === 0) {
      throw new RefineDetError(
        'INVALID_OPTION',
        `--fit-threshold: the model finds no object of ${path}; give images with boxes of its classes`,
      );
    }
    // Thresholds are hundredths; the ends have no finite logit.
    const threshold = Math.min(0.99, Math.max(0.01, best.threshold));
    const shift = logit(DEFAULT_SCORE_THRESHOLD) - logit(threshold);
    progress.clear();
    return { model: shiftScores(model, shift), threshold: best.threshold };
  } finally {
    progress.stop();
    await detector.dispose();
  }
}
