/** CLEAR MOT (Bernardin and Stiefelhagen 2008): one score for misses, false boxes and identity switches. */
import { assign } from '../../assignment.ts';
import { MOT_IOU, type MotSequence, TOLERANCE } from './mot-sequence.ts';

/** Counts of a sequence; the counts of several sequences add up. */
export interface ClearCounts {
  TP: number;
  FP: number;
  FN: number;
  /** Matches whose object had another id when it was last matched. */
  IDSW: number;
  /** Objects matched in more than 80 % of their frames, in 20 % and more, in less. */
  MT: number;
  PT: number;
  ML: number;
  /** Number of times that an object is matched again after frames without a match. */
  Frag: number;
  /** Sum of the matches' overlaps. */
  overlap: number;
}

/** Counts and the two scores. */
export interface ClearScores extends Omit<ClearCounts, 'overlap'> {
  MOTA: number;
  MOTP: number;
}

/** Exceeds any sum of overlaps, so that a match of the previous frame continues if possible. */
const CONTINUES = 1000;
const MOSTLY_TRACKED = 0.8;
const PARTLY_TRACKED = 0.2;

export function countClear({ frames, truthCounts }: MotSequence): ClearCounts {
  const counts = { TP: 0, FP: 0, FN: 0, IDSW: 0, MT: 0, PT: 0, ML: 0, Frag: 0, overlap: 0 };
  const matchedFrames = truthCounts.map(() => 0);
  /** Track of each object at its last match. */
  const lastTrack = new Map<number, number>();
  /** Track of each object in the last frame that has both objects and tracks. */
  let before = new Map<number, number>();
  for (const { truth, tracks, iou } of frames) {
    const pairs = assign(truth.length, tracks.length, (row, column) => {
      const overlap = iou(row, column);
      if (overlap < MOT_IOU - TOLERANCE) return 0;
      return overlap + (before.get(truth[row]) === tracks[column] ? CONTINUES : 0);
    });
    counts.TP += pairs.length;
    counts.FN += truth.length - pairs.length;
    counts.FP += tracks.length - pairs.length;
    if (truth.length === 0 || tracks.length === 0) continue;
    const now = new Map<number, number>();
    for (const [row, column] of pairs) {
      const object = truth[row];
      const track = tracks[column];
      const last = lastTrack.get(object);
      if (last !== undefined && last !== track) counts.IDSW++;
      if (last !== undefined && !before.has(object)) counts.Frag++;
      counts.overlap += iou(row, column);
      matchedFrames[object]++;
      lastTrack.set(object, track);
      now.set(object, track);
    }
    before = now;
  }
  for (const [object, matched] of matchedFrames.entries()) {
    const share = matched / truthCounts[object];
    if (share > MOSTLY_TRACKED) counts.MT++;
    else if (share >= PARTLY_TRACKED) counts.PT++;
    else counts.ML++;
  }
  return counts;
}

export function clearScores({ overlap, ...counts }: ClearCounts): ClearScores {
  const { TP, FP, FN, IDSW } = counts;
  const MOTA = (TP - FP - IDSW) / Math.max(1, TP + FN);
  return { MOTA, MOTP: overlap / Math.max(1, TP), ...counts };
}
