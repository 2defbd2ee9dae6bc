/** Scores of tracks: HOTA, CLEAR and identity, as TrackEval computes them for MOTChallenge. */
import { type ClearCounts, type ClearScores, clearScores, countClear } from './clear.ts';
import { countHota, type HotaCounts, type HotaScores, hotaScores } from './hota.ts';
import {
  countIdentity,
  type IdentityCounts,
  type IdentityScores,
  identityScores,
} from './identity.ts';
import type { MotBox } from './mot-boxes.ts';
import { motSequence } from './mot-sequence.ts';

/** Ground truth of a video and the boxes of a tracker. */
export interface MotVideo {
  name: string;
  truth: readonly MotBox[];
  tracks: readonly MotBox[];
}

/** All scores under their usual names; fractions and counts. */
export type MotScores = HotaScores & ClearScores & IdentityScores;

/** Scores per video, and of all videos together. */
export interface MotResult {
  sequences: Record<string, MotScores>;
  /** Scores from the summed counts of all videos, not means of their scores. */
  combined: MotScores;
}

interface Counts {
  hota: HotaCounts;
  clear: ClearCounts;
  identity: IdentityCounts;
}

/**
 * Scores tracks. CLEAR and identity match boxes from IoU 0.5; HOTA is the mean over 0.05 to 0.95. If
 * the ground truth has classes, only class 1 counts, and tracks of MOTChallenge's distractors do not.
 * @throws DATASET_EMPTY when no box of a video's ground truth counts
 */
export function evaluateMot(videos: readonly MotVideo[]): MotResult {
  const all = videos.map(({ name, truth, tracks }): [string, Counts] => {
    const sequence = motSequence(name, truth, tracks);
    return [
      name,
      {
        hota: countHota(sequence),
        clear: countClear(sequence),
        identity: countIdentity(sequence),
      },
    ];
  });
  const counts = all.map(([, count]) => count);
  return {
    sequences: Object.fromEntries(all.map(([name, count]) => [name, scores(count)])),
    combined: scores({
      hota: added(counts.map(({ hota }) => hota)),
      clear: added(counts.map(({ clear }) => clear)),
      identity: added(counts.map(({ identity }) => identity)),
    }),
  };
}

function scores({ hota, clear, identity }: Counts): MotScores {
  return { ...hotaScores(hota), ...clearScores(clear), ...identityScores(identity) };
}

/** Adds all fields; lists are added by position. */
function added<T extends { [Name in keyof T]: number | number[] }>(counts: readonly T[]): T {
  return counts.reduce((sum, one) => {
    const fields = (Object.keys(one) as (keyof T)[]).map((name) => [
      name,
      plus(sum[name], one[name]),
    ]);
    return Object.fromEntries(fields);
  });
}

function plus(a: number | number[], b: number | number[]): number | number[] {
  if (Array.isArray(a) && Array.isArray(b)) return a.map((value, i) => value + b[i]);
  return (a as number) + (b as number);
}
