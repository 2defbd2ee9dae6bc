/** Options of post-processing: defined, documented and checked in this one place. */
import { checkNames, checkValue, FLAG, FRACTION, type Rule } from '../option-checks.ts';

/** Soft-NMS lowers the scores of boxes that overlap a better one instead of dropping them. */
export type SoftNms = 'linear' | 'gaussian';

/** Options of all stages, in the order of the stages. All thresholds are in [0, 1]. */
export interface PostprocessOptions {
  /** Lowest ARM foreground probability of an anchor; 0 keeps all anchors. Default 0.01. */
  objectnessThreshold: number;
  /**
   * Decode the ODM offsets on the ARM-refined anchors (the two-step cascade), not on the plain anchors.
   * Default true.
   */
  refineAnchors: boolean;
  /** Lowest class probability of a candidate. Default 0.01. */
  scoreThreshold: number;
  /** One byte per class (without background), 0 drops the class. Default: all kept. */
  classMask: Uint8Array | undefined;
  /** Let objects of different classes suppress each other. Default false. */
  agnostic: boolean;
  /** Number of best candidates per class (of all classes when `agnostic`) that enter NMS. Default 1000. */
  topK: number;
  /** Greedy NMS drops boxes that overlap a better one by more than this IoU; 1 drops none. Default 0.45. */
  nmsThreshold: number;
  /**
   * Soft-NMS after greedy NMS: lower the scores of boxes that still overlap a better one, and drop
   * boxes below `scoreThreshold`. The released code uses `linear` on COCO; set `nmsThreshold` to 1 to
   * use soft-NMS alone. Default false: off.
   */
  softNms: SoftNms | false;
  /** Linear soft-NMS multiplies by 1 - IoU where the IoU exceeds this. Default 0.30. */
  softNmsThreshold: number;
  /** Gaussian soft-NMS multiplies by exp(-IoU² / sigma); sigma > 0. Default 0.5. */
  softNmsSigma: number;
  /** Number of best detections kept over all classes. Default 500. */
  keepTopK: number;
  /**
   * Replace the box of every detection by the score-weighted mean of itself and its voters: tighter boxes.
   * A candidate votes for the best detection of its class (of any class when `agnostic`) that it overlaps.
   * Default false; true in detections of the MobileNet presets (see `PRESETS`) and with `multiScale`.
   */
  boxVoting: boolean;
  /** Minimum IoU for a vote. Default 0.45; 0.7 in detections of the MobileNet presets. */
  boxVotingThreshold: number;
}

/** Options whose defaults a model or its preset may give: what fits the way it was trained. */
export type Decoding = Pick<
  PostprocessOptions,
  'objectnessThreshold' | 'refineAnchors' | 'boxVoting' | 'boxVotingThreshold'
>;

export const DECODING_NAMES = Object.keys({
  objectnessThreshold: true,
  refineAnchors: true,
  boxVoting: true,
  boxVotingThreshold: true,
} satisfies Record<keyof Decoding, true>) as (keyof Decoding)[];

/** Values of the released code (paper text: topK 400 per image, keepTopK 200). */
export const POSTPROCESS_DEFAULTS: Readonly<PostprocessOptions> = {
  objectnessThreshold: 0.01,
  refineAnchors: true,
  scoreThreshold: 0.01,
  classMask: undefined,
  agnostic: false,
  topK: 1000,
  nmsThreshold: 0.45,
  softNms: false,
  softNmsThreshold: 0.3,
  softNmsSigma: 0.5,
  keepTopK: 500,
  boxVoting: false,
  boxVotingThreshold: 0.45,
};

const NAMES = Object.keys(POSTPROCESS_DEFAULTS) as (keyof PostprocessOptions)[];

/**
 * Fills in defaults (for absent and undefined values) and checks every value.
 * @param otherNames other names that the caller accepts; ignored here
 * @param defaults defaults of the current model
 * @throws INVALID_OPTION naming the option and the value
 */
export function resolvePostprocessOptions(
  options: Partial<PostprocessOptions> = {},
  otherNames: readonly string[] = [],
  defaults: Partial<PostprocessOptions> = {},
): PostprocessOptions {
  checkNames('', options, [...NAMES, ...otherNames]);
  const resolved = { ...POSTPROCESS_DEFAULTS };
  for (const given of [defaults, options]) {
    for (const name of NAMES) {
      if (given[name] === undefined) continue;
      checkValue(name, given[name], RULES[name]);
      Object.assign(resolved, { [name]: given[name] });
    }
  }
  return resolved;
}

const COUNT: Rule = [
  (v) => Number.isInteger(v) && (v as number) >= 1 && (v as number) < 2 ** 31,
  'a whole number from 1',
];

const RULES: Record<keyof PostprocessOptions, Rule> = {
  objectnessThreshold: FRACTION,
  refineAnchors: FLAG,
  scoreThreshold: FRACTION,
  classMask: [(v) => v instanceof Uint8Array, 'a Uint8Array, one byte per class'],
  agnostic: FLAG,
  topK: COUNT,
  nmsThreshold: FRACTION,
  softNms: [
    (v) => v === false || v === 'linear' || v === 'gaussian',
    'false, "linear" or "gaussian"',
  ],
  softNmsThreshold: FRACTION,
  softNmsSigma: [(v) => typeof v === 'number' && v > 0 && v < Infinity, 'a number above 0'],
  keepTopK: COUNT,
  boxVoting: FLAG,
  boxVotingThreshold: FRACTION,
};
