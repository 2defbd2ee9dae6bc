/**
 * Matching of anchors to ground-truth boxes (paper section 3.3, "Anchors Design and Matching"; the
 * rule is MatchBBox of the authors' Caffe code):
 *
 * 1. The pair of box and anchor with the largest IoU is matched, then the next pair among the rest,
 *    until every box has its own anchor. A box that overlaps no anchor gets none.
 * 2. Every other anchor takes the box that it overlaps most, if the IoU reaches the positive threshold.
 *
 * Among equal overlaps, the lower index of the anchor wins, then the lower index of the box.
 */
import { boxArea, decodeBox } from './boxes';
import { AREA, Overlap } from './columns';

/** Value in `matches` of an anchor without a box: background. */
export const NEGATIVE = -1;
/** Value of an anchor that is neither positive nor negative: the confidence loss ignores it. */
const NEUTRAL = -2;
/** Label of a box that no anchor is matched to and that has no negatives inside. */
const IGNORED = 0;

/** Overlaps up to this value count as none (MatchBBox). */
const MIN_OVERLAP: f32 = 1e-6;
/** Replaces the overlap of anchors matched by rule 1: above every threshold. */
const FORCED: f32 = 2;
/** An anchor is not negative when at least this part of it lies in an ignored box. */
const IGNORED_COVERAGE: f32 = 0.5;

/** Inputs and outputs of the matching of one image. */
@unmanaged
export class Matching {
  /** Boxes of the anchors: x1, y1, x2, y2 and area, each f32 [stride / 4]. */
  columns: usize;
  /** Bytes of a column: 4 · count, rounded up to whole vectors. */
  stride: usize;
  /** N */
  count: i32;
  /** Ground truth, [boxCount, 4] corners, and i32 [boxCount]: class, counted from 1, or IGNORED. */
  boxes: usize;
  labels: usize;
  boxCount: i32;
  positiveOverlap: f32;
  /** Overlap below which an anchor is negative. */
  negativeOverlap: f32;
  /** Output, i32 [stride / 4]: index of a box, NEGATIVE or NEUTRAL. */
  matches: usize;
  /** Scratch, f32 [stride / 4]: largest overlap of every anchor. */
  overlaps: usize;
  /** Scratch, Favorite [boxCount]. */
  favorites: usize;
}

/** The unmatched anchor that overlaps a box most. */
@unmanaged
class Favorite {
  overlap: f32;
  /** Index of the anchor; -1 if there is none or the box is matched. */
  anchor: i32;
}

/** Corners of anchors [count, 4] (cx, cy, w, h), as columns. */
export function anchorColumns(anchors: usize, count: i32, columns: usize, stride: usize): void {
  for (let i = 0; i < count; i++, anchors += 16, columns += 4) {
    storeColumns(cornersOf(anchors), columns, stride);
  }
  clearTail(count, columns, stride);
}

/** Corners of the anchors after the ARM offsets [count, 4], as columns. */
export function refinedColumns(
  anchors: usize,
  offsets: usize,
  count: i32,
  columns: usize,
  stride: usize,
): void {
  for (let i = 0; i < count; i++, anchors += 16, offsets += 16, columns += 4) {
    storeColumns(decodeBox(anchors, 0, offsets, 0), columns, stride);
  }
  clearTail(count, columns, stride);
}

/** (cx, cy, w, h) to (x1, y1, x2, y2). */
export function cornersOf(anchor: usize): v128 {
  const a = v128.load(anchor);
  const center = v128.shuffle<f32>(a, a, 0, 1, 0, 1);
  const size = v128.shuffle<f32>(a, a, 2, 3, 2, 3);
  return f32x4.add(center, f32x4.mul(size, f32x4(-0.5, -0.5, 0.5, 0.5)));
}

function storeColumns(box: v128, at: usize, stride: usize): void {
  store<f32>(at, f32x4.extract_lane(box, 0));
  store<f32>(at + stride, f32x4.extract_lane(box, 1));
  store<f32>(at + 2 * stride, f32x4.extract_lane(box, 2));
  store<f32>(at + 3 * stride, f32x4.extract_lane(box, 3));
  store<f32>(at + <usize>AREA * stride, boxArea(box));
}

/** Empty boxes in the lanes past the last anchor; `at` points past the last x1. */
function clearTail(count: i32, at: usize, stride: usize): void {
  const bytes = stride - ((<usize>count) << 2);
  for (let c = 0; c <= AREA; c++) memory.fill(at + <usize>c * stride, 0, bytes);
}

/** @returns the number of positive anchors */
export function matchImage(matching: usize): i32 {
  const m = changetype<Matching>(matching);
  for (let at: usize = 0; at < m.stride; at += 16) {
    v128.store(m.overlaps + at, f32x4.splat(0));
    v128.store(m.matches + at, i32x4.splat(NEGATIVE));
  }
  for (let g = 0; g < m.boxCount; g++) {
    if (labelOf(m, g) == IGNORED) favoriteOf(m, g).anchor = -1;
    else sweep(m, g);
  }
  for (let g = nextPair(m); g >= 0; g = nextPair(m)) force(m, g);
  const positives = classify(m);
  for (let g = 0; g < m.boxCount; g++) {
    if (labelOf(m, g) == IGNORED) excludeCovered(m, g);
  }
  for (let at = (<usize>m.count) << 2; at < m.stride; at += 4) {
    store<i32>(m.matches + at, NEUTRAL);
  }
  return positives;
}

function labelOf(m: Matching, g: i32): i32 {
  return load<i32>(m.labels + ((<usize>g) << 2));
}

function favoriteOf(m: Matching, g: i32): Favorite {
  return changetype<Favorite>(m.favorites + <usize>g * offsetof<Favorite>());
}

/**
 * Offers a box to all anchors that rule 1 has not matched, and finds its favorite among them.
 * Not-a-number overlaps win no comparison.
 */
function sweep(m: Matching, g: i32): void {
  const box = m.boxes + ((<usize>g) << 4);
  const x1 = v128.load32_splat(box);
  const y1 = v128.load32_splat(box, 4);
  const x2 = v128.load32_splat(box, 8);
  const y2 = v128.load32_splat(box, 12);
  const area = f32x4.mul(f32x4.sub(x2, x1), f32x4.sub(y2, y1));
  const index = i32x4.splat(g);
  let top = f32x4.splat(MIN_OVERLAP);
  let topAnchors = i32x4.splat(-1);
  let anchors = i32x4(0, 1, 2, 3);
  for (let at: usize = 0; at < m.stride; at += 16) {
    const intersection = Overlap.intersection(m.columns + at, m.stride, x1, y1, x2, y2);
    const union = Overlap.union(m.columns + at, m.stride, area, intersection);
    const overlap = f32x4.div(intersection, union);
    const best = v128.load(m.overlaps + at);

    const isBest = f32x4.gt(overlap, best);
    v128.store(m.overlaps + at, v128.bitselect(overlap, best, isBest));
    v128.store(m.matches + at, v128.bitselect(index, v128.load(m.matches + at), isBest));

    const isFree = f32x4.lt(best, f32x4.splat(FORCED));
    const isTop = v128.and(f32x4.gt(overlap, top), isFree);
    top = v128.bitselect(overlap, top, isTop);
    topAnchors = v128.bitselect(anchors, topAnchors, isTop);
    anchors = i32x4.add(anchors, i32x4.splat(4));
  }
  const favorite = favoriteOf(m, g);
  favorite.anchor = -1;
  favorite.overlap = MIN_OVERLAP;
  for (let lane = 0; lane < 4; lane++) {
    const overlap = f32x4.extract_lane(top, 0);
    const anchor = i32x4.extract_lane(topAnchors, 0);
    if (anchor >= 0 && isBetter(overlap, anchor, favorite)) {
      favorite.overlap = overlap;
      favorite.anchor = anchor;
    }
    top = v128.shuffle<f32>(top, top, 1, 2, 3, 0);
    topAnchors = v128.shuffle<i32>(topAnchors, topAnchors, 1, 2, 3, 0);
  }
}

function isBetter(overlap: f32, anchor: i32, than: Favorite): bool {
  if (than.anchor < 0 || overlap > than.overlap) return true;
  return overlap == than.overlap && anchor < than.anchor;
}

/** Returns the unmatched box with the largest overlap, or -1 when there is none. */
function nextPair(m: Matching): i32 {
  let next = -1;
  for (let g = 0; g < m.boxCount; g++) {
    const candidate = favoriteOf(m, g);
    if (candidate.anchor < 0) continue;
    if (next < 0 || isBetter(candidate.overlap, candidate.anchor, favoriteOf(m, next))) next = g;
  }
  return next;
}

/** Applies rule 1 to one box; other boxes with the same favorite choose another anchor. */
function force(m: Matching, g: i32): void {
  const taken = favoriteOf(m, g).anchor;
  const at = (<usize>taken) << 2;
  store<f32>(m.overlaps + at, FORCED);
  store<i32>(m.matches + at, g);
  favoriteOf(m, g).anchor = -1;
  for (let other = 0; other < m.boxCount; other++) {
    if (favoriteOf(m, other).anchor == taken) sweep(m, other);
  }
}

/** Applies rule 2 and counts the positives of both rules. */
function classify(m: Matching): i32 {
  const positive = f32x4.splat(m.positiveOverlap);
  const negative = f32x4.splat(m.negativeOverlap);
  let positives = 0;
  for (let at: usize = 0; at < m.stride; at += 16) {
    const overlap = v128.load(m.overlaps + at);
    // With threshold 0 an anchor must still touch the box.
    const overlaps = f32x4.gt(overlap, f32x4.splat(MIN_OVERLAP));
    const isPositive = v128.and(f32x4.ge(overlap, positive), overlaps);
    const isNegative = f32x4.lt(overlap, negative);
    const other = v128.bitselect(i32x4.splat(NEGATIVE), i32x4.splat(NEUTRAL), isNegative);
    v128.store(m.matches + at, v128.bitselect(v128.load(m.matches + at), other, isPositive));
    positives += popcnt(i32x4.bitmask(isPositive));
  }
  return positives;
}

/** Makes negatives inside an ignored box neutral. */
function excludeCovered(m: Matching, g: i32): void {
  const box = m.boxes + ((<usize>g) << 4);
  const x1 = v128.load32_splat(box);
  const y1 = v128.load32_splat(box, 4);
  const x2 = v128.load32_splat(box, 8);
  const y2 = v128.load32_splat(box, 12);
  for (let at: usize = 0; at < m.stride; at += 16) {
    const intersection = Overlap.intersection(m.columns + at, m.stride, x1, y1, x2, y2);
    const area = v128.load(m.columns + <usize>AREA * m.stride + at);
    const enough = f32x4.ge(intersection, f32x4.mul(area, f32x4.splat(IGNORED_COVERAGE)));
    const overlaps = f32x4.gt(intersection, f32x4.splat(0));
    const matches = v128.load(m.matches + at);
    const isNegative = i32x4.eq(matches, i32x4.splat(NEGATIVE));
    const isCovered = v128.and(v128.and(enough, overlaps), isNegative);
    v128.store(m.matches + at, v128.bitselect(i32x4.splat(NEUTRAL), matches, isCovered));
  }
}
