/** Options of matching and loss, with the released code's defaults: plain data, stored with every run. */
import { checkNames, checkObject, checkValue, FLAG } from '../../option-checks.ts';
import { checkNumber } from '../check.ts';

/** Which anchors count as objects and which as background, by their largest IoU with a box. */
export interface MatchThresholds {
  /** Anchors with at least this IoU are positives, in addition to the best anchor of every box. */
  positive: number;
  /** Anchors below this IoU may be mined as negatives; at most `positive`. */
  negative: number;
}

/** Matching, mining and weights of the loss. */
export interface LossOptions {
  /** Matching of plain anchors to boxes. Default 0.5 and 0.5. */
  arm: MatchThresholds;
  /** Matching of ARM-refined anchors to boxes. Default 0.5 and 0.5. */
  odm: MatchThresholds;
  /**
   * Negative anchor filtering: anchors with a lower ARM objectness are not ODM negatives;
   * 0 switches it off. Default 0.01.
   */
  objectnessThreshold: number;
  /**
   * Match and encode the ODM's targets on ARM-refined anchors; false uses the plain anchors, the
   * ablation "no two-step cascaded regression". Default true.
   */
  refineAnchors: boolean;
  /** Number of mined negatives per positive, in each image. Default 3. */
  negativeRatio: number;
  /** Factors of the four parts of the total. Default 1 each. */
  weights: LossWeights;
}

/** Factors of the parts of the loss. */
export interface LossWeights {
  armConf: number;
  armLoc: number;
  odmConf: number;
  odmLoc: number;
}

export const LOSS_DEFAULTS: Readonly<LossOptions> = {
  arm: { positive: 0.5, negative: 0.5 },
  odm: { positive: 0.5, negative: 0.5 },
  objectnessThreshold: 0.01,
  refineAnchors: true,
  negativeRatio: 3,
  weights: { armConf: 1, armLoc: 1, odmConf: 1, odmLoc: 1 },
};

/**
 * Fills in defaults and checks every value.
 * @throws INVALID_OPTION naming the option and the value
 */
export function resolveLossOptions(options: Partial<LossOptions> = {}): LossOptions {
  const resolved = {
    ...LOSS_DEFAULTS,
    ...options,
    arm: group('arm', options.arm),
    odm: group('odm', options.odm),
    weights: group('weights', options.weights),
  };
  checkValue('refineAnchors', resolved.refineAnchors, FLAG);
  for (const name of ['arm', 'odm'] as const) {
    const { positive, negative } = resolved[name];
    checkNumber(`${name}.positive`, positive, (v) => v >= 0 && v <= 1, 'from 0 to 1');
    const fits = (v: number) => v >= 0 && v <= positive;
    checkNumber(`${name}.negative`, negative, fits, `from 0 to ${name}.positive (${positive})`);
  }
  const { objectnessThreshold: p, negativeRatio: ratio } = resolved;
  checkNumber('objectnessThreshold', p, (v) => v >= 0 && v < 1, 'from 0 to below 1');
  checkNumber('negativeRatio', ratio, (v) => v >= 0 && v < Infinity, 'from 0');
  for (const [name, weight] of Object.entries(resolved.weights)) {
    checkNumber(`weights.${name}`, weight, (v) => v >= 0 && v < Infinity, 'from 0');
  }
  return resolved;
}

/** Copies the given values over the defaults. */
function group<Name extends 'arm' | 'odm' | 'weights'>(
  name: Name,
  given: Partial<LossOptions[Name]> = {},
): LossOptions[Name] {
  const defaults = LOSS_DEFAULTS[name];
  checkNames(`${name}.`, checkObject(name, given), Object.keys(defaults));
  return { ...defaults, ...given };
}
