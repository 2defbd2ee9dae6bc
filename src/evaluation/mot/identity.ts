/** Identity scores (Ristani et al. 2016): each object is paired with the one track that covers it best. */
import { assign } from '../../assignment.ts';
import { MOT_IOU, type MotSequence } from './mot-sequence.ts';

/** Boxes that the paired track covers, other boxes of tracks, other boxes of objects; sequences add up. */
export interface IdentityCounts {
  IDTP: number;
  IDFP: number;
  IDFN: number;
}

export interface IdentityScores extends IdentityCounts {
  IDF1: number;
  IDP: number;
  IDR: number;
}

export function countIdentity({ frames, truthCounts, trackCounts }: MotSequence): IdentityCounts {
  const columns = trackCounts.length;
  const together = new Float64Array(truthCounts.length * columns);
  for (const { truth, tracks, iou } of frames) {
    for (const [row, i] of truth.entries()) {
      for (const [column, j] of tracks.entries()) {
        if (iou(row, column) >= MOT_IOU) together[i * columns + j]++;
      }
    }
  }
  const frameCount = (object: number, track: number) => together[object * columns + track];
  const IDTP = assign(truthCounts.length, columns, frameCount).reduce(
    (sum, pair) => sum + frameCount(...pair),
    0,
  );
  const boxes = (counts: readonly number[]) => counts.reduce((sum, count) => sum + count, 0);
  return { IDTP, IDFP: boxes(trackCounts) - IDTP, IDFN: boxes(truthCounts) - IDTP };
}

export function identityScores({ IDTP, IDFP, IDFN }: IdentityCounts): IdentityScores {
  return {
    IDF1: IDTP / Math.max(1, IDTP + (IDFP + IDFN) / 2),
    IDP: IDTP / Math.max(1, IDTP + IDFP),
    IDR: IDTP / Math.max(1, IDTP + IDFN),
    IDTP,
    IDFP,
    IDFN,
  };
}
