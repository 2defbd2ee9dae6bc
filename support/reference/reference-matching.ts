/**
 * Matching in plain TypeScript: the rule of MatchBBox, as it is stated. Overlaps are
 * rounded to f32 as in the kernel: anchors of equal area around one box tie but for their rounding.
 */
import { NEGATIVE, NEUTRAL } from '../../src/training/loss/detection-loss.ts';
import type { MatchThresholds } from '../../src/training/loss/loss-options.ts';
import type { Truth } from '../../src/training/loss/truth.ts';

const f32 = Math.fround;
const MIN_OVERLAP = f32(1e-6);
const IGNORED_COVERAGE = 0.5;

type Corners = ArrayLike<number>; // [n, 4]

/**
 * @param anchors [N, 4] corners
 * @returns for every anchor the index of its box, NEGATIVE or NEUTRAL
 */
export function referenceMatches(
  anchors: Corners,
  { boxes, ignored }: Truth,
  thresholds: MatchThresholds,
): Int32Array {
  const count = anchors.length / 4;
  const matches = new Int32Array(count).fill(NEGATIVE);
  const best = new Float64Array(count);
  const candidate = new Int32Array(count).fill(-1);
  const pairs: { overlap: number; n: number; g: number }[] = [];
  ignored.forEach((isIgnored, g) => {
    if (isIgnored) return;
    for (let n = 0; n < count; n++) {
      const overlap = iou(anchors, n, boxes, g);
      if (!(overlap > MIN_OVERLAP)) continue;
      pairs.push({ overlap, n, g });
      if (overlap > best[n]) [best[n], candidate[n]] = [overlap, g];
    }
  });

  // Rule 1: the best pair of all, then the best of the remaining anchors and boxes.
  pairs.sort((a, b) => b.overlap - a.overlap || a.n - b.n || a.g - b.g);
  const served = new Set<number>();
  for (const { n, g } of pairs) {
    if (matches[n] !== NEGATIVE || served.has(g)) continue;
    matches[n] = g;
    served.add(g);
  }
  // Rule 2: every other anchor.
  for (let n = 0; n < count; n++) {
    if (matches[n] !== NEGATIVE) continue;
    if (candidate[n] >= 0 && best[n] >= thresholds.positive) matches[n] = candidate[n];
    else if (!(best[n] < thresholds.negative)) matches[n] = NEUTRAL;
    else if (isCovered(anchors, n, boxes, ignored)) matches[n] = NEUTRAL;
  }
  return matches;
}

function isCovered(anchors: Corners, n: number, boxes: Corners, ignored: Uint8Array): boolean {
  return ignored.some((isIgnored, g) => {
    const shared = intersection(anchors, n, boxes, g);
    return isIgnored && shared > 0 && shared >= IGNORED_COVERAGE * area(anchors, n);
  });
}

function iou(a: Corners, i: number, b: Corners, j: number): number {
  const shared = intersection(a, i, b, j);
  return f32(shared / f32(f32(area(a, i) + area(b, j)) - shared));
}

function intersection(a: Corners, i: number, b: Corners, j: number): number {
  const width = f32(Math.min(a[4 * i + 2], b[4 * j + 2]) - Math.max(a[4 * i], b[4 * j]));
  const height = f32(Math.min(a[4 * i + 3], b[4 * j + 3]) - Math.max(a[4 * i + 1], b[4 * j + 1]));
  return f32(Math.max(width, 0) * Math.max(height, 0));
}

function area(boxes: Corners, i: number): number {
  const width = f32(boxes[4 * i + 2] - boxes[4 * i]);
  return f32(width * f32(boxes[4 * i + 3] - boxes[4 * i + 1]));
}
