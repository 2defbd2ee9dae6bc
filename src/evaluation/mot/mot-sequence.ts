/**
 * Ground truth and tracks of one video, frame by frame, after MOTChallenge's preprocessing: only
 * pedestrians count, and boxes marked 0 do not. Tracks of distractors (a person on a vehicle, a
 * reflection …) are ignored.
 */
import { assign } from '../../assignment.ts';
import { boxIou } from '../../boxes.ts';
import { RefineDetError } from '../../errors.ts';
import type { MotBox } from './mot-boxes.ts';

/** Boxes of one frame by their objects' indices, and how they overlap. */
export interface MotFrame {
  truth: readonly number[];
  tracks: readonly number[];
  /** IoU of a box of `truth` and one of `tracks`, by their positions in the frame. */
  iou(row: number, column: number): number;
}

/** Input of the metrics. */
export interface MotSequence {
  frames: readonly MotFrame[];
  /** Boxes of each object. */
  truthCounts: readonly number[];
  trackCounts: readonly number[];
}

/** Tolerance of comparisons with thresholds, as in TrackEval. */
export const TOLERANCE = Number.EPSILON;
/** Minimum IoU of a match. */
export const MOT_IOU = 0.5;

const PEDESTRIAN = 1;
/** Person on a vehicle, static person, distractor, reflection; MOT20 has vehicles too. */
const DISTRACTORS = [2, 7, 8, 12];
const VEHICLE = 6;

/**
 * Builds the input of the metrics.
 * @param name name of the video; videos of MOT20 have one more distractor class
 * @throws DATASET_EMPTY when no box of the ground truth counts
 */
export function motSequence(
  name: string,
  truth: readonly MotBox[],
  tracks: readonly MotBox[],
): MotSequence {
  const hasClasses = truth.some(({ classId }) => classId !== undefined);
  const distractors = name.startsWith('MOT20') ? [...DISTRACTORS, VEHICLE] : DISTRACTORS;
  const truthByFrame = byFrame(truth);
  const tracksByFrame = byFrame(tracks);
  const [truthIds, trackIds] = [new Numbering(), new Numbering()];
  const numbers = [...new Set([...truthByFrame.keys(), ...tracksByFrame.keys()])];
  const frames = numbers
    .sort((a, b) => a - b)
    .map((number): MotFrame => {
      const all = truthByFrame.get(number) ?? [];
      const found = tracksByFrame.get(number) ?? [];
      const counting = all.filter(
        ({ confidence = 1, classId }) =>
          Math.trunc(confidence) !== 0 && (!hasClasses || classId === PEDESTRIAN),
      );
      const kept = hasClasses ? withoutDistracted(all, found, distractors) : found;
      const columns = kept.length;
      const ious = Float64Array.from(
        counting.flatMap(({ box }) => kept.map((track) => boxIou(box, track.box))),
      );
      return {
        truth: counting.map(({ id }) => truthIds.count(id)),
        tracks: kept.map(({ id }) => trackIds.count(id)),
        iou: (row, column) => ious[row * columns + column],
      };
    });
  if (truthIds.counts.length === 0) {
    throw new RefineDetError(
      'DATASET_EMPTY',
      `${name}: no box of the ground truth counts (confidence not 0${hasClasses ? ', class 1' : ''})`,
    );
  }
  return { frames, truthCounts: truthIds.counts, trackCounts: trackIds.counts };
}

function byFrame(boxes: readonly MotBox[]): Map<number, MotBox[]> {
  const frames = new Map<number, MotBox[]>();
  for (const box of boxes) {
    const others = frames.get(box.frame);
    if (others) others.push(box);
    else frames.set(box.frame, [box]);
  }
  return frames;
}

/** Removes tracks that match a distractor; the matching includes all boxes. */
function withoutDistracted(
  truth: readonly MotBox[],
  tracks: readonly MotBox[],
  distractors: readonly number[],
): readonly MotBox[] {
  const pairs = assign(truth.length, tracks.length, (row, column) => {
    const iou = boxIou(truth[row].box, tracks[column].box);
    return iou < MOT_IOU - TOLERANCE ? 0 : iou;
  });
  const distracted = new Set(
    pairs
      .filter(([row]) => distractors.includes(truth[row].classId ?? PEDESTRIAN))
      .map(([, column]) => column),
  );
  return tracks.filter((_, column) => !distracted.has(column));
}

/** Numbers ids in the order of their appearance and counts the boxes of each. */
class Numbering {
  readonly counts: number[] = [];
  readonly #indices = new Map<number, number>();

  count(id: number): number {
    const index = this.#indices.get(id) ?? this.counts.length;
    this.#indices.set(id, index);
    this.counts[index] = (this.counts[index] ?? 0) + 1;
    return index;
  }
}
