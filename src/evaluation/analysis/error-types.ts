/** The worst errors of an evaluation: wrong detections and missed boxes. */
import type { Box } from '../../boxes.ts';
import type { DatasetImage } from '../../datasets/dataset-types.ts';
import type { Evaluation } from '../evaluate.ts';
import { TRUE_POSITIVE } from '../matches.ts';
import { type Buckets, bucketRows } from '../order.ts';
import { cocoIou } from '../overlap.ts';
import type { MissedRow } from './confusion.ts';

/**
 * Why a detection is wrong (after Hoiem et al., ECCV 2012): `duplicate` covers a box of its class
 * that is already taken, `confusion` covers a box of another class, `localization` covers a box of
 * its class poorly (IoU from 0.1), `background` is none of these.
 */
export type FalsePositiveKind = 'duplicate' | 'confusion' | 'localization' | 'background';

const LOWEST_LOCALISATION_IOU = 0.1;

/** A labeled box in source-image pixels. */
export interface LabeledBox {
  label: string;
  box: Box;
}

export interface FalsePositive extends LabeledBox {
  image: DatasetImage;
  score: number;
  kind: FalsePositiveKind;
  /** The box that explains the kind; undefined for `background`. */
  truth?: LabeledBox & { iou: number };
}

export interface Miss extends LabeledBox {
  image: DatasetImage;
  /** Score of the detection that finds it below the threshold; undefined without one. */
  score?: number;
  /** The wrong detection that covers it. */
  takenFor?: LabeledBox & { score: number };
}

/**
 * Counts the wrong detections from `scoreThreshold` up by kind.
 * @param wrong rows of the wrong detections, highest score first
 */
export function falsePositiveKinds(
  evaluation: Evaluation,
  wrong: Int32Array,
  scoreThreshold: number,
): Record<FalsePositiveKind, number> {
  const kinds = { duplicate: 0, confusion: 0, localization: 0, background: 0 };
  const truthByImage = groupTruth(evaluation);
  for (const row of wrong) {
    if (evaluation.detections.score[row] < scoreThreshold) break;
    kinds[explain(evaluation, truthByImage, row).kind]++;
  }
  return kinds;
}

/**
 * Returns the wrong detections with the highest scores.
 * @param wrong rows of all wrong detections, highest score first
 */
export function worstFalsePositives(
  evaluation: Evaluation,
  wrong: Int32Array,
  limit: number,
): FalsePositive[] {
  const { dataset, detections } = evaluation;
  const truthByImage = groupTruth(evaluation);
  return Array.from(wrong.subarray(0, limit), (row) => ({
    image: dataset.images[detections.image[row]],
    label: dataset.classes[detections.classId[row]],
    score: detections.score[row],
    box: boxAt(detections.box, row),
    ...explain(evaluation, truthByImage, row),
  }));
}

/** Returns the missed boxes: those without any detection first, then the largest. */
export function worstMisses(
  evaluation: Evaluation,
  missed: readonly MissedRow[],
  limit: number,
): Miss[] {
  const { dataset, truth, detections } = evaluation;
  const foundAt = scoresOfTruth(evaluation);
  const area = (row: number) => truth.box[row * 4 + 2] * truth.box[row * 4 + 3];
  const order = (a: MissedRow, b: MissedRow) =>
    Number(foundAt.has(a.truth)) - Number(foundAt.has(b.truth)) || area(b.truth) - area(a.truth);
  return missed
    .toSorted(order)
    .slice(0, limit)
    .map(({ truth: row, takenFor }) => ({
      image: dataset.images[truth.image[row]],
      label: dataset.classes[truth.classId[row]],
      box: boxAt(truth.box, row),
      score: foundAt.get(row),
      ...(takenFor >= 0 && {
        takenFor: {
          label: dataset.classes[detections.classId[takenFor]],
          score: detections.score[takenFor],
          box: boxAt(detections.box, takenFor),
        },
      }),
    }));
}

/** Score of the right detection of each ground-truth row that has one. */
function scoresOfTruth({ matches, detections }: Evaluation): Map<number, number> {
  const scores = new Map<number, number>();
  for (const { rows, outcomes, truth } of matches) {
    rows.forEach((row, i) => {
      if (outcomes[i] === TRUE_POSITIVE) scores.set(truth[i], detections.score[row]);
    });
  }
  return scores;
}

function groupTruth({ truth }: Evaluation): Buckets {
  return bucketRows(truth.image.length, truth.image, truth.imageCount);
}

function explain(
  { dataset, truth, detections, iouThreshold }: Evaluation,
  { offsets, rows }: Buckets,
  row: number,
): Pick<FalsePositive, 'kind' | 'truth'> {
  const image = detections.image[row];
  let [same, other] = [-1, -1];
  let [sameIou, otherIou] = [LOWEST_LOCALISATION_IOU, iouThreshold];
  for (const candidate of rows.subarray(offsets[image], offsets[image + 1])) {
    const iou = cocoIou(detections.box, row, truth.box, candidate, false);
    if (truth.classId[candidate] === detections.classId[row]) {
      if (iou >= sameIou) [same, sameIou] = [candidate, iou];
    } else if (iou >= otherIou) [other, otherIou] = [candidate, iou];
  }
  const described = (found: number, iou: number) => ({
    label: dataset.classes[truth.classId[found]],
    box: boxAt(truth.box, found),
    iou,
  });
  if (same >= 0 && sameIou > iouThreshold) {
    return { kind: 'duplicate', truth: described(same, sameIou) };
  }
  if (other >= 0) return { kind: 'confusion', truth: described(other, otherIou) };
  if (same >= 0) return { kind: 'localization', truth: described(same, sameIou) };
  return { kind: 'background' };
}

function boxAt(boxes: Float64Array, row: number): Box {
  const [x, y, width, height] = boxes.subarray(row * 4, row * 4 + 4);
  return { x, y, width, height };
}
