/** HOTA (Luiten et al. 2020, IJCV 129): geometric mean of detection and association quality. */
import { assign } from '../../assignment.ts';
import { type MotSequence, TOLERANCE } from './mot-sequence.ts';

/** Thresholds of the overlap, 0.05 to 0.95; the scores are means over them. */
const ALPHAS = Array.from({ length: 19 }, (_, i) => 0.05 + i * 0.05);
/** Avoids a division by zero as TrackEval does: without matches the overlap is 1. */
const NO_MATCHES = 1e-10;

/** Sums per threshold; the sums of several sequences add up. */
export interface HotaCounts {
  TP: number[];
  FP: number[];
  FN: number[];
  /** Sums over the matches: overlap, and the fraction of the objects' boxes that their pair of ids covers. */
  overlap: number[];
  AssA: number[];
  AssRe: number[];
  AssPr: number[];
}

/** Means over the thresholds. */
export interface HotaScores {
  HOTA: number;
  DetA: number;
  AssA: number;
  DetRe: number;
  DetPr: number;
  AssRe: number;
  AssPr: number;
  LocA: number;
}

export function countHota(sequence: MotSequence): HotaCounts {
  const { frames, truthCounts, trackCounts } = sequence;
  const columns = trackCounts.length;
  const zeros = () => ALPHAS.map(() => 0);
  const counts: HotaCounts = {
    TP: zeros(),
    FP: zeros(),
    FN: zeros(),
    overlap: zeros(),
    AssA: zeros(),
    AssRe: zeros(),
    AssPr: zeros(),
  };
  const alignment = globalAlignment(sequence);
  const matches = ALPHAS.map(() => new Float64Array(truthCounts.length * columns));
  for (const { truth, tracks, iou } of frames) {
    const pairs = assign(
      truth.length,
      tracks.length,
      (row, column) => alignment[truth[row] * columns + tracks[column]] * iou(row, column),
    );
    for (const [a, alpha] of ALPHAS.entries()) {
      const matched = pairs.filter((pair) => iou(...pair) >= alpha - TOLERANCE);
      counts.TP[a] += matched.length;
      counts.FN[a] += truth.length - matched.length;
      counts.FP[a] += tracks.length - matched.length;
      for (const [row, column] of matched) {
        counts.overlap[a] += iou(row, column);
        matches[a][truth[row] * columns + tracks[column]]++;
      }
    }
  }
  for (const [a, count] of matches.entries()) {
    for (const [cell, same] of count.entries()) {
      if (same === 0) continue;
      const inTruth = truthCounts[Math.floor(cell / columns)];
      const inTracks = trackCounts[cell % columns];
      counts.AssA[a] += same ** 2 / (inTruth + inTracks - same);
      counts.AssRe[a] += same ** 2 / inTruth;
      counts.AssPr[a] += same ** 2 / inTracks;
    }
  }
  return counts;
}

/** Computes how well each pair of ids aligns, as a Jaccard index over all frames. */
function globalAlignment({ frames, truthCounts, trackCounts }: MotSequence): Float64Array {
  const columns = trackCounts.length;
  const potential = new Float64Array(truthCounts.length * columns);
  for (const { truth, tracks, iou } of frames) {
    const ofTruth = truth.map((_, row) => sum(tracks.map((_, column) => iou(row, column))));
    const ofTracks = tracks.map((_, column) => sum(truth.map((_, row) => iou(row, column))));
    for (const [row, i] of truth.entries()) {
      for (const [column, j] of tracks.entries()) {
        const whole = ofTruth[row] + ofTracks[column] - iou(row, column);
        if (whole > TOLERANCE) potential[i * columns + j] += iou(row, column) / whole;
      }
    }
  }
  return potential.map(
    (both, cell) =>
      both / (truthCounts[Math.floor(cell / columns)] + trackCounts[cell % columns] - both),
  );
}

export function hotaScores({ TP, FP, FN, overlap, AssA, AssRe, AssPr }: HotaCounts): HotaScores {
  const mean = (score: (a: number) => number) =>
    sum(ALPHAS.map((_, a) => score(a))) / ALPHAS.length;
  const share = (part: number, whole: number) => part / Math.max(1, whole);
  const detection = (a: number) => share(TP[a], TP[a] + FN[a] + FP[a]);
  const association = (a: number) => share(AssA[a], TP[a]);
  return {
    HOTA: mean((a) => Math.sqrt(detection(a) * association(a))),
    DetA: mean(detection),
    AssA: mean(association),
    DetRe: mean((a) => share(TP[a], TP[a] + FN[a])),
    DetPr: mean((a) => share(TP[a], TP[a] + FP[a])),
    AssRe: mean((a) => share(AssRe[a], TP[a])),
    AssPr: mean((a) => share(AssPr[a], TP[a])),
    LocA: mean((a) => Math.max(NO_MATCHES, overlap[a]) / Math.max(NO_MATCHES, TP[a])),
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
