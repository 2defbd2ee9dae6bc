/** Options of post-processing: defined, documented and checked in this one place. */
import { checkNames, checkValue, FLAG, FRACTION, type Rule } from '../option-checks.ts';

/** Soft-NMS lowers the scores of boxes that overlap a better one instead of dropping them. */
export type SoftNms = 'linear' | 'gaussian';

/** Every stage in the order in which it runs. All thresholds lie in [0, 1]. */
export interface PostprocessOptions {
  /** Anchors whose ARM foreground probability is lower are dropped; 0 keeps all. Default 0.01. */
  objectnessThreshold: number;
  /**
   * Decode the ODM offsets on the ARM-refined anchors (the two-step cascade) rather than on the
   * plain ones. Default true.
   */
  refineAnchors: boolean;
  /** Candidates whose class probability is lower are dropped. Default 0.01. */
  scoreThreshold: number;
  /** One byte a class (background not counted), 0 drops the class. Default: all kept. */
  classMask: Uint8Array | undefined;
  /** Let objects of different classes suppress each other. Default false. */
  agnostic: boolean;
  /** Best candidates a class (of all classes when `agnostic`) that enter NMS. Default 1000. */
  topK: number;
  /** Greedy NMS drops what overlaps a better candidate by more than this IoU; 1 drops nothing. Default 0.45. */
  nmsThreshold: number;
  /**
   * Then lower the scores of what still overlaps a better one, and drop what falls below
   * `scoreThreshold`; false for none. `linear` is how the released code runs on COCO; for soft-NMS
   * alone set `nmsThreshold` to 1. Default false.
   */
  softNms: SoftNms | false;
  /** Linear soft-NMS multiplies by 1 - IoU where the IoU exceeds this. Default 0.30. */
  softNmsThreshold: number;
  /** Gaussian soft-NMS multiplies by exp(-IoU² / sigma); sigma > 0. Default 0.5. */
  softNmsSigma: number;
  /** Best detections kept over all classes. Default 500. */
  keepTopK: number;
  /**
   * Replace every detection's box by the score-weighted mean of itself and the candidates that vote
   * for it: each votes for the best detection of its class (of any, when `agnostic`) that it
   * overlaps. Default false.
   */
  boxVoting: boolean;
  /** IoU from which a candidate votes. Default 0.45. */
  boxVotingThreshold: number;
}

/** What depends on how a model was trained: where a model states these, they are its defaults. */
export type Decoding = Pick<PostprocessOptions, 'objectnessThreshold' | 'refineAnchors'>;

/** The released code's values (paper text: topK 400 an image, keepTopK 200). */
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
 * @param otherNames names that the caller understands besides these; ignored here
 * @param defaults of the model in use
 * @throws INVALID_OPTION naming the option and the value
 */
export function resolvePostprocessOptions(
  options: Partial<PostprocessOptions> = {},
  otherNames: readonly string[] = [],
  defaults: Partial<PostprocessOptions> = {},
): PostprocessOptions {
  checkNames('', options, [...NAMES, ...otherNames]);
  const resolved = { ...POSTPROCESS_DEFAULTS, ...defaults };
  for (const name of NAMES) {
    if (options[name] === undefined) continue;
    checkValue(name, options[name], RULES[name]);
    Object.assign(resolved, { [name]: options[name] });
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
  classMask: [(v) => v instanceof Uint8Array, 'a Uint8Array, one byte a class'],
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
