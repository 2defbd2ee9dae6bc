/** Options of matching and loss with the released code's values: plain data, stored with every run. */
import { BELOW_ONE, checkValue, FLAG, FRACTION, NOT_NEGATIVE, oneOf } from '../../option-checks.ts';
import { type PartialOptions, resolveOptions, type Schema } from '../../option-schema.ts';

/** IoU thresholds that divide anchors into objects and background. */
export interface MatchThresholds {
  /** Anchors with at least this IoU are positives, in addition to the best anchor of every box. */
  positive: number;
  /** Anchors below this IoU may be mined as negatives; at most `positive`. */
  negative: number;
}

/** Losses of the ODM's boxes; the order is that of assembly/overlap-loss.ts. */
export const BOX_LOSSES = ['smooth-l1', 'giou', 'diou', 'ciou'] as const;
export type BoxLoss = (typeof BOX_LOSSES)[number];

/** Matching, mining and weights of the loss. */
export interface LossOptions {
  /** Matching of plain anchors to boxes. Default 0.5 and 0.5. */
  arm: MatchThresholds;
  /** Matching of ARM-refined anchors to boxes. Default 0.5 and 0.5. */
  odm: MatchThresholds;
  /**
   * Negative anchor filtering: anchors with a lower ARM foreground probability are not ODM negatives;
   * 0 switches the filter off. Default 0.01.
   */
  objectnessThreshold: number;
  /**
   * Match and encode the ODM's targets on ARM-refined anchors; false uses the plain anchors, the
   * ablation "no two-step cascaded regression". Default true.
   */
  refineAnchors: boolean;
  /** Number of mined negatives per positive, in each image. Default 3. */
  negativeRatio: number;
  /**
   * Loss of the ODM's boxes: smooth L1 of the offsets (paper section 3.4), or 1 - GIoU (arXiv
   * 1902.09630), DIoU or CIoU (arXiv 1911.08287) of box and truth. The last three are smaller: give
   * `weights.odmLoc` about 5. Default `smooth-l1`.
   */
  boxLoss: BoxLoss;
  /**
   * Train the ODM's scores towards the IoU of box and truth rather than towards 1, so that tighter boxes
   * get higher scores (arXiv 2006.04388, section 3.1). Default false.
   */
  overlapTargets: boolean;
  /** Factors of the parts of the total. Default 1 each. */
  weights: LossWeights;
}

/** Factors of the parts of the loss. */
export interface LossWeights {
  armConf: number;
  armLoc: number;
  odmConf: number;
  odmLoc: number;
  /** Factor of the distance to the teacher's heads, where a run has a teacher. */
  teacher: number;
}

const THRESHOLDS: Schema<MatchThresholds> = {
  positive: [FRACTION, 0.5],
  negative: [FRACTION, 0.5],
};

export const LOSS: Schema<LossOptions> = {
  arm: THRESHOLDS,
  odm: THRESHOLDS,
  objectnessThreshold: [BELOW_ONE, 0.01],
  refineAnchors: [FLAG, true],
  negativeRatio: [NOT_NEGATIVE, 3],
  boxLoss: [oneOf(BOX_LOSSES), 'smooth-l1'],
  overlapTargets: [FLAG, false],
  weights: {
    armConf: [NOT_NEGATIVE, 1],
    armLoc: [NOT_NEGATIVE, 1],
    odmConf: [NOT_NEGATIVE, 1],
    odmLoc: [NOT_NEGATIVE, 1],
    teacher: [NOT_NEGATIVE, 1],
  },
};

/**
 * Fills in defaults and checks every value.
 * @throws INVALID_OPTION naming the option and the value
 */
export function resolveLossOptions(given: PartialOptions<LossOptions> = {}): LossOptions {
  const options = resolveOptions('loss', given, LOSS);
  checkThresholds(options);
  return options;
}

/**
 * Checks the order of the thresholds.
 * @throws INVALID_OPTION if anchors could be positive and negative at the same time
 */
export function checkThresholds(options: LossOptions): void {
  for (const name of ['arm', 'odm'] as const) {
    const { positive, negative } = options[name];
    const expected = `at most loss.${name}.positive (${positive})`;
    checkValue(`loss.${name}.negative`, negative, [(v) => (v as number) <= positive, expected]);
  }
}
