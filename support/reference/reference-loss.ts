/**
 * The loss in plain TypeScript, float64. First computes all decisions (matches, mined
 * negatives, targets), then the loss for these decisions: a smooth function of the heads, as finite
 * differences require.
 */
import type { HeadMap } from '../../src/heads.ts';
import { NEGATIVE } from '../../src/training/loss/detection-loss.ts';
import type {
  BoxLoss,
  LossOptions,
  MatchThresholds,
} from '../../src/training/loss/loss-options.ts';
import type { Truth } from '../../src/training/loss/truth.ts';
import { referenceMatches } from './reference-matching.ts';

export type HeadValues = HeadMap<Float32Array | Float64Array>;

/** Targets of one module; rows count through the batch: image · N + anchor. */
export interface ModuleTargets {
  positives: Positive[];
  negatives: number[];
}

interface Positive {
  row: number;
  label: number;
  /** Targets of the offsets. */
  offsets: number[];
  /** Corners of the box that the offsets move, and of the ground truth. */
  from: number[];
  truth: number[];
  /** Target of the label's probability; the background has the rest. */
  target: number;
}

export interface Targets {
  arm: ModuleTargets;
  odm: ModuleTargets;
}

const CENTRE_VARIANCE = 0.1;
const SIZE_VARIANCE = 0.2;
const MIN_SIDE = 1e-6;

export function decideTargets(
  heads: HeadValues,
  anchors: Float32Array,
  truths: readonly Truth[],
  options: LossOptions,
): Targets {
  const count = anchors.length / 4;
  const targets: Targets = {
    arm: { positives: [], negatives: [] },
    odm: { positives: [], negatives: [] },
  };
  const plain = decode(anchors, undefined, 0);
  truths.forEach((truth, image) => {
    const refined = options.refineAnchors ? decode(anchors, heads.armLoc, image * count) : plain;
    const objectLike = (row: number) =>
      options.objectnessThreshold === 0 ||
      softmax(heads.armConf, row, 2)[1] >= options.objectnessThreshold;
    const targetOf = (module: ModuleTargets, row: number, from: number[], box: number[]) =>
      module === targets.odm && options.overlapTargets
        ? overlap(move(from, heads.odmLoc, row), box)
        : 1;
    const decide = (
      module: ModuleTargets,
      corners: Float32Array,
      thresholds: MatchThresholds,
      logits: ArrayLike<number>,
      classes: number,
      isEligible: (row: number) => boolean,
    ) => {
      const matches = referenceMatches(corners, truth, thresholds);
      let positives = 0;
      const candidates: { row: number; loss: number }[] = [];
      matches.forEach((match, n) => {
        const row = image * count + n;
        if (match >= 0) {
          positives++;
          const label = classes === 2 ? 1 : truth.classIds[match] + 1;
          const from = [...corners.subarray(4 * n, 4 * n + 4)];
          const box = [...truth.boxes.subarray(4 * match, 4 * match + 4)];
          module.positives.push({
            row,
            label,
            offsets: encode(truth.boxes, match, corners, n),
            from,
            truth: box,
            target: targetOf(module, row, from, box),
          });
        } else if (match === NEGATIVE && isEligible(row)) {
          candidates.push({ row, loss: crossEntropy(logits, row, classes, 0) });
        }
      });
      candidates.sort((a, b) => b.loss - a.loss || a.row - b.row);
      const mined = candidates.slice(0, Math.floor(options.negativeRatio * positives));
      module.negatives.push(...mined.map(({ row }) => row));
    };
    const classes = heads.odmConf.length / (heads.armConf.length / 2);
    decide(targets.arm, plain, options.arm, heads.armConf, 2, () => true);
    decide(targets.odm, refined, options.odm, heads.odmConf, classes, objectLike);
  });
  return targets;
}

export function referenceLoss(heads: HeadValues, targets: Targets, options: LossOptions) {
  const { weights } = options;
  const arm = moduleLoss(heads.armConf, heads.armLoc, 2, targets.arm, 'smooth-l1');
  const rows = heads.armConf.length / 2;
  const classes = heads.odmConf.length / rows;
  const odm = moduleLoss(heads.odmConf, heads.odmLoc, classes, targets.odm, options.boxLoss);
  const parts = {
    armConf: weights.armConf * arm.conf,
    armLoc: weights.armLoc * arm.loc,
    odmConf: weights.odmConf * odm.conf,
    odmLoc: weights.odmLoc * odm.loc,
  };
  return { ...parts, total: parts.armConf + parts.armLoc + parts.odmConf + parts.odmLoc };
}

/** Gradient for comparisons over thousands of anchors: analytic, of overlaps by central differences. */
export function referenceGradients(
  heads: HeadValues,
  targets: Targets,
  { weights, boxLoss }: LossOptions,
): HeadMap<Float64Array> {
  const gradients: HeadMap<Float64Array> = {
    armLoc: new Float64Array(heads.armLoc.length),
    armConf: new Float64Array(heads.armConf.length),
    odmLoc: new Float64Array(heads.odmLoc.length),
    odmConf: new Float64Array(heads.odmConf.length),
  };
  const rows = heads.armConf.length / 2;
  for (const name of ['arm', 'odm'] as const) {
    const { positives, negatives } = targets[name];
    const conf = heads[`${name}Conf`];
    const classes = conf.length / rows;
    const scale = 1 / Math.max(positives.length, 1);
    const labeled = [...positives, ...negatives.map((row) => ({ row, label: 0, target: 1 }))];
    for (const { row, label, target } of labeled) {
      softmax(conf, row, classes).forEach((p, c) => {
        const aim = Number(c === label) * target + Number(c === 0) * (1 - target);
        gradients[`${name}Conf`][row * classes + c] = (p - aim) * scale * weights[`${name}Conf`];
      });
    }
    for (const positive of positives) {
      const at = 4 * positive.row;
      const given = [...heads[`${name}Loc`].subarray(at, at + 4)];
      const kind = name === 'odm' ? boxLoss : 'smooth-l1';
      for (let i = 0; i < 4; i++) {
        gradients[`${name}Loc`][at + i] =
          offsetSlope(kind, given, i, positive) * scale * weights[`${name}Loc`];
      }
    }
  }
  return gradients;
}

function moduleLoss(
  logits: ArrayLike<number>,
  offsets: ArrayLike<number>,
  classes: number,
  { positives, negatives }: ModuleTargets,
  boxLoss: BoxLoss,
) {
  let conf = 0;
  let loc = 0;
  for (const positive of positives) {
    const { row, label, target } = positive;
    conf += target * crossEntropy(logits, row, classes, label);
    if (target !== 1) conf += (1 - target) * crossEntropy(logits, row, classes, 0);
    const given = [0, 1, 2, 3].map((i) => offsets[4 * row + i]);
    loc +=
      boxLoss === 'smooth-l1' ? smoothL1(given, positive) : overlapLoss(boxLoss, given, positive);
  }
  for (const row of negatives) conf += crossEntropy(logits, row, classes, 0);
  const count = Math.max(positives.length, 1);
  return { conf: conf / count, loc: loc / count };
}

function smoothL1(given: number[], { offsets }: Positive): number {
  return given.reduce((sum, value, i) => {
    const error = Math.abs(value - offsets[i]);
    return sum + (error < 1 ? 0.5 * error * error : error - 0.5);
  }, 0);
}

/** `weight`: that of CIoU's last term, which counts as a constant in the gradient. */
function overlapLoss(
  kind: BoxLoss,
  given: number[],
  { from, truth }: Positive,
  weight?: number,
): number {
  const box = move(from, given, 0);
  const iou = overlap(box, truth);
  const hull = [0, 1].map((i) => Math.max(box[i + 2], truth[i + 2]) - Math.min(box[i], truth[i]));
  if (kind === 'giou') {
    const joint = (areaOf(box) + areaOf(truth)) / (1 + iou);
    return 1 - iou + 1 - joint / (hull[0] * hull[1]);
  }
  const shift = [0, 1].map((i) => (box[i] + box[i + 2] - truth[i] - truth[i + 2]) / 2);
  const distance = Math.hypot(...shift) ** 2 / Math.hypot(...hull) ** 2;
  if (kind === 'diou') return 1 - iou + distance;
  return 1 - iou + distance + (weight ?? aspectWeight(given, { from, truth })) * aspect(box, truth);
}

function aspectWeight(given: number[], { from, truth }: Pick<Positive, 'from' | 'truth'>): number {
  const box = move(from, given, 0);
  const v = aspect(box, truth);
  return v / Math.max(1 - overlap(box, truth) + v, 1e-20);
}

function aspect(box: number[], truth: number[]): number {
  const [a, b] = [box, truth].map(([x1, y1, x2, y2]) => Math.atan((x2 - x1) / (y2 - y1)));
  return (4 / Math.PI ** 2) * (a - b) ** 2;
}

function offsetSlope(kind: BoxLoss, given: number[], i: number, positive: Positive): number {
  if (kind === 'smooth-l1') return Math.max(-1, Math.min(1, given[i] - positive.offsets[i]));
  const weight = aspectWeight(given, positive);
  const step = 1e-6;
  const [after, before] = [step, -step].map((move) =>
    overlapLoss(kind, given.with(i, given[i] + move), positive, weight),
  );
  return (after - before) / (2 * step);
}

function overlap(a: number[], b: number[]): number {
  const sides = [0, 1].map((i) => Math.min(a[i + 2], b[i + 2]) - Math.max(a[i], b[i]));
  const shared = Math.max(0, sides[0]) * Math.max(0, sides[1]);
  return shared / (areaOf(a) + areaOf(b) - shared);
}

function areaOf([x1, y1, x2, y2]: number[]): number {
  return (x2 - x1) * (y2 - y1);
}

/** Moves corners by the offsets of a row. */
export function move(
  [x1, y1, x2, y2]: number[],
  offsets: ArrayLike<number>,
  row: number,
): number[] {
  const anchor = Float64Array.of((x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1);
  return [...decode(anchor, offsets, row)];
}

function crossEntropy(logits: ArrayLike<number>, row: number, classes: number, label: number) {
  const values = Array.from({ length: classes }, (_, c) => logits[row * classes + c]);
  const top = Math.max(...values);
  const sum = values.reduce((total, value) => total + Math.exp(value - top), 0);
  return Math.log(sum) + top - values[label];
}

export function softmax(logits: ArrayLike<number>, row: number, classes: number): number[] {
  return Array.from({ length: classes }, (_, c) =>
    Math.exp(-crossEntropy(logits, row, classes, c)),
  );
}

/** Corners of the anchors, moved by the offsets of rows `first` onwards. */
export function decode<T extends Float32Array | Float64Array>(
  anchors: T,
  offsets: ArrayLike<number> | undefined,
  first: number,
): T {
  const corners = anchors.slice() as T;
  for (let at = 0; at < anchors.length; at += 4) {
    const [cx, cy, w, h] = anchors.subarray(at, at + 4);
    const t = [0, 1, 2, 3].map((i) => offsets?.[4 * first + at + i] ?? 0);
    const x = cx + t[0] * CENTRE_VARIANCE * w;
    const y = cy + t[1] * CENTRE_VARIANCE * h;
    const width = w * Math.exp(t[2] * SIZE_VARIANCE);
    const height = h * Math.exp(t[3] * SIZE_VARIANCE);
    corners.set([x - width / 2, y - height / 2, x + width / 2, y + height / 2], at);
  }
  return corners;
}

export function encode(boxes: ArrayLike<number>, g: number, anchors: ArrayLike<number>, n: number) {
  const offsets = [0, 0, 0, 0];
  for (const axis of [0, 1]) {
    const [low, high] = [boxes[4 * g + axis], boxes[4 * g + 2 + axis]];
    const [from, to] = [anchors[4 * n + axis], anchors[4 * n + 2 + axis]];
    const size = Math.max(to - from, MIN_SIDE);
    offsets[axis] = ((low + high) / 2 - (from + to) / 2) / (CENTRE_VARIANCE * size);
    offsets[2 + axis] = Math.log(Math.max(high - low, MIN_SIDE) / size) / SIZE_VARIANCE;
  }
  return offsets;
}
