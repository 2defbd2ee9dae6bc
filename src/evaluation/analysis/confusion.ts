/** Confusion matrix: which class is detected as which, at one score threshold. */
import type { Evaluation } from '../evaluate.ts';
import { TRUE_POSITIVE } from '../matches.ts';
import { bucketRows } from '../order.ts';
import { cocoIou } from '../overlap.ts';

/**
 * Counts by true class (row) and detected class (column). The last row is background: wrong
 * detections that cover no box. The last column counts missed boxes. A row adds up to the boxes of
 * its class, a column to its detections; the diagonal holds the right detections.
 */
export interface ConfusionMatrix {
  classes: readonly string[];
  scoreThreshold: number;
  /** [classes + 1, classes + 1] counts, row by row. */
  counts: Int32Array;
}

/** A ground-truth box without a right detection, and the wrong detection that covers it. */
export interface MissedRow {
  /** Row of the ground-truth table. */
  truth: number;
  /** Row of the wrong detection that covers it; -1 for none. */
  takenFor: number;
}

/**
 * The metric decides which detections are right. The others are paired within an image, from the
 * best score down, where boxes of different classes overlap by at least the IoU threshold.
 * @param wrong rows of the wrong detections, highest score first
 */
export function confusionMatrix(
  evaluation: Evaluation,
  wrong: Int32Array,
  scoreThreshold: number,
): { matrix: ConfusionMatrix; missed: MissedRow[] } {
  const { truth, detections, matches } = evaluation;
  const { classes } = evaluation.dataset;
  const size = classes.length + 1;
  const background = classes.length;
  const counts = new Int32Array(size * size);
  const open = countedTruth(evaluation);
  for (const found of matches) {
    found.rows.forEach((row, i) => {
      if (found.outcomes[i] !== TRUE_POSITIVE || detections.score[row] < scoreThreshold) return;
      open[found.truth[i]] = 0;
      counts[detections.classId[row] * (size + 1)]++;
    });
  }
  const openByImage = bucketRows(
    Int32Array.from(truth.image.keys()).filter((row) => open[row]),
    truth.image,
    truth.imageCount,
  );
  const takenFor = new Map<number, number>();
  for (const row of wrong) {
    if (detections.score[row] < scoreThreshold) break;
    const image = detections.image[row];
    let best = -1;
    let bestIou = evaluation.iouThreshold;
    for (let i = openByImage.offsets[image]; i < openByImage.offsets[image + 1]; i++) {
      const candidate = openByImage.rows[i];
      if (takenFor.has(candidate)) continue;
      if (truth.classId[candidate] === detections.classId[row]) continue;
      const iou = cocoIou(detections.box, row, truth.box, candidate, false);
      if (iou >= bestIou) [best, bestIou] = [candidate, iou];
    }
    if (best >= 0) takenFor.set(best, row);
    counts[(best < 0 ? background : truth.classId[best]) * size + detections.classId[row]]++;
  }
  const missed = Array.from(openByImage.rows, (row): MissedRow => {
    if (!takenFor.has(row)) counts[truth.classId[row] * size + background]++;
    return { truth: row, takenFor: takenFor.get(row) ?? -1 };
  });
  return { matrix: { classes, scoreThreshold, counts }, missed };
}

/** [rows] 1 for ground truth that counts. */
function countedTruth({ truth }: Evaluation): Uint8Array {
  return truth.crowd.map((crowd, row) => Number(!crowd && !truth.difficult[row]));
}
