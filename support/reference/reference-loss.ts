/**
 * The loss in plain TypeScript, float64. First computes all decisions (matches, mined
 * negatives, targets), then the loss for these decisions: a smooth function of the heads, as finite
 * differences require.
 */
import type { HeadMap } from '../../src/heads.ts';
import { NEGATIVE } from '../../src/training/loss/detection-loss.ts';
import type { LossOptions, MatchThresholds } from '../../src/training/loss/loss-options.ts';
import type { Truth } from '../../src/training/loss/truth.ts';
import { referenceMatches } from './reference-matching.ts';

export type HeadValues = HeadMap<Float32Array | Float64Array>;

/** Targets of one module; rows count through the batch: image · N + anchor. */
export interface ModuleTargets {
  positives: { row: number; label: number; offsets: number[] }[];
  negatives: number[];
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
          module.positives.push({ row, label, offsets: encode(truth.boxes, match, corners, n) });
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
  const arm = moduleLoss(heads.armConf, heads.armLoc, 2, targets.arm);
  const rows = heads.armConf.length / 2;
  const odm = moduleLoss(heads.odmConf, heads.odmLoc, heads.odmConf.length / rows, targets.odm);
  const parts = {
    armConf: weights.armConf * arm.conf,
    armLoc: weights.armLoc * arm.loc,
    odmConf: weights.odmConf * odm.conf,
    odmLoc: weights.odmLoc * odm.loc,
  };
  return { ...parts, total: parts.armConf + parts.armLoc + parts.odmConf + parts.odmLoc };
}

/** Analytic gradient, for comparisons over thousands of anchors. */
export function referenceGradients(
  heads: HeadValues,
  targets: Targets,
  { weights }: LossOptions,
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
    const labeled = [...positives, ...negatives.map((row) => ({ row, label: 0 }))];
    for (const { row, label } of labeled) {
      softmax(conf, row, classes).forEach((p, c) => {
        gradients[`${name}Conf`][row * classes + c] =
          (p - Number(c === label)) * scale * weights[`${name}Conf`];
      });
    }
    for (const { row, offsets } of positives) {
      offsets.forEach((target, i) => {
        const error = heads[`${name}Loc`][4 * row + i] - target;
        gradients[`${name}Loc`][4 * row + i] =
          Math.max(-1, Math.min(1, error)) * scale * weights[`${name}Loc`];
      });
    }
  }
  return gradients;
}

function moduleLoss(
  logits: ArrayLike<number>,
  offsets: ArrayLike<number>,
  classes: number,
  { positives, negatives }: ModuleTargets,
) {
  let conf = 0;
  let loc = 0;
  for (const { row, label, offsets: target } of positives) {
    conf += crossEntropy(logits, row, classes, label);
    target.forEach((value, i) => {
      const error = Math.abs(offsets[4 * row + i] - value);
      loc += error < 1 ? 0.5 * error * error : error - 0.5;
    });
  }
  for (const row of negatives) conf += crossEntropy(logits, row, classes, 0);
  const count = Math.max(positives.length, 1);
  return { conf: conf / count, loc: loc / count };
}

function crossEntropy(logits: ArrayLike<number>, row: number, classes: number, label: number) {
  const values = Array.from({ length: classes }, (_, c) => logits[row * classes + c]);
  const top = Math.max(...values);
  const sum = values.reduce((total, value) => total + Math.exp(value - top), 0);
  return Math.log(sum) + top - values[label];
}

function softmax(logits: ArrayLike<number>, row: number, classes: number): number[] {
  return Array.from({ length: classes }, (_, c) =>
    Math.exp(-crossEntropy(logits, row, classes, c)),
  );
}

/** Corners of the anchors, moved by the offsets of rows `first` onwards. */
function decode(
  anchors: Float32Array,
  offsets: ArrayLike<number> | undefined,
  first: number,
): Float32Array {
  const corners = new Float32Array(anchors.length);
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

function encode(boxes: ArrayLike<number>, g: number, anchors: ArrayLike<number>, n: number) {
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
