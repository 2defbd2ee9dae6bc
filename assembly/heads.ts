/** Converts raw head outputs to candidates (paper sections 3.1 and 3.2). */
import { decodeBox, isUsable } from './boxes';
import { addCandidate } from './candidates';
import { Lanes } from './lanes';
import { Level, Parameters } from './parameters';

/**
 * Negative anchor filtering: lists the anchors whose foreground probability reaches a threshold,
 * given as margin = log(p / (1 - p)): no exponential is needed, as the probability is the sigmoid
 * of foreground - background. Logits that are not finite drop the anchor.
 *
 * @param armConf [count, 2]: background, foreground
 * @param survivors output, u32 [count]: ascending indices
 * @returns the number of survivors
 */
export function filterNegatives(armConf: usize, count: i32, margin: f32, survivors: usize): i32 {
  const least = f32x4.splat(margin);
  const most = f32x4.splat(f32.MAX_VALUE);
  const whole = count & ~3;
  let end = survivors;
  for (let i = 0; i < whole; i += 4, armConf += 32) {
    const low = v128.load(armConf);
    const high = v128.load(armConf, 16);
    const difference = f32x4.sub(
      v128.shuffle<f32>(low, high, 1, 3, 5, 7),
      v128.shuffle<f32>(low, high, 0, 2, 4, 6),
    );
    const pass = v128.and(f32x4.ge(difference, least), f32x4.le(difference, most));
    for (let lanes = i32x4.bitmask(pass); lanes != 0; lanes &= lanes - 1, end += 4) {
      store<i32>(end, i + ctz(lanes));
    }
  }
  for (let i = whole; i < count; i++, armConf += 8) {
    const difference = load<f32>(armConf, 4) - load<f32>(armConf);
    if (difference >= margin && difference <= f32.MAX_VALUE) {
      store<i32>(end, i);
      end += 4;
    }
  }
  return <i32>((end - survivors) >> 2);
}

/** Filters, scores and decodes the anchors of all levels. */
export function gatherCandidates(p: Parameters): void {
  const rowBytes = (<usize>(p.classes + 1)) << 2;
  let anchors = p.anchors;
  let row = 0;
  for (let l = 0; l < p.levelCount; l++) {
    const level = changetype<Level>(p.levels + <usize>l * offsetof<Level>());
    const survivors = filterNegatives(
      level.armConf,
      level.anchors,
      p.objectnessMargin,
      p.survivors,
    );
    for (let s = 0; s < survivors; s++) {
      const i = load<u32>(p.survivors + ((<usize>s) << 2));
      const logits = level.odmConf + <usize>i * rowBytes;
      const best = bestClass(logits, p.classes);
      // The probability of a class is at most its probability against background alone.
      if (!(best - load<f32>(logits) >= p.scoreMargin)) continue;
      const at = (<usize>i) << 4;
      const box = decodeBox(anchors + at, level.armLoc + at, level.odmLoc + at, p.refineAnchors);
      if (!isUsable(box)) continue;
      v128.store(p.boxes + ((<usize>row) << 4), box);
      if (scoreClasses(p, logits, best, row)) row++;
    }
    anchors += (<usize>level.anchors) << 4;
  }
}

/** Returns the largest object-class logit of a row (background is column 0). NaN lanes are ignored. */
function bestClass(logits: usize, classes: i32): f32 {
  const whole = classes & ~3;
  const rest = classes & 3;
  let first = logits + 4;
  const end = first + ((<usize>whole) << 2);
  const least = f32x4.splat(-f32.MAX_VALUE);
  let top = least;
  for (; first < end; first += 16) top = f32x4.pmax(top, v128.load(first));
  if (rest) top = f32x4.pmax(top, Lanes.loadSome(end, rest, least));
  return Lanes.max(top);
}

/**
 * Adds the classes of a row whose softmax probability reaches the threshold. A NaN or +Infinity
 * makes the sum NaN, and then every comparison is false.
 * @returns whether a class was added
 */
function scoreClasses(p: Parameters, logits: usize, best: f32, row: i32): bool {
  const classes = p.classes;
  const whole = classes & ~3;
  const rest = classes & 3;
  const exponentials = p.exponentials;
  const wholeBytes = (<usize>whole) << 2;
  const background = load<f32>(logits);
  const shift = f32x4.splat(max(best, background));

  // Background gets the place before the last, incomplete vector of classes.
  let tail = f32x4.splat(-f32.MAX_VALUE);
  if (rest) tail = Lanes.loadSome(logits + 4 + wholeBytes, rest, tail);
  tail = v128.shuffle<f32>(tail, f32x4.splat(background), 4, 0, 1, 2);
  tail = Lanes.exp(f32x4.sub(tail, shift));
  v128.store(exponentials + wholeBytes, tail);
  let sum = tail;
  for (let offset: usize = 0; offset < wholeBytes; offset += 16) {
    const e = Lanes.exp(f32x4.sub(v128.load(logits + offset, 4), shift));
    sum = f32x4.add(sum, e);
    v128.store(exponentials + offset, e);
  }

  const total = Lanes.sum(sum);
  const least = f32x4.splat(p.scoreThreshold * total);
  let any = false;
  for (let c = 0; c <= whole; c += 4) {
    const at = exponentials + ((<usize>c) << 2);
    let lanes = i32x4.bitmask(f32x4.ge(v128.load(at), least));
    let firstClass = c;
    if (c == whole) {
      // Without the background lane and the lanes past the last class.
      lanes &= (2 << rest) - 2;
      firstClass--;
    }
    for (; lanes != 0; lanes &= lanes - 1) {
      const lane = ctz(lanes);
      const classId = firstClass + lane;
      if (!load<u8>(p.classMask + <usize>classId)) continue;
      addCandidate(p, row, classId, load<f32>(at + ((<usize>lane) << 2)) / total);
      any = true;
    }
  }
  return any;
}
