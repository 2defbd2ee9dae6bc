/** Options of one detection: post-processing, views, decoding and cancellation. */
import type { Detection } from '../boxes.ts';
import type { StageTimings } from '../engine/engine.ts';
import { type ErrorCode, RefineDetError } from '../errors.ts';
import { DEFAULT_MAX_PIXELS } from '../image/header.ts';
import {
  type PostprocessOptions,
  resolvePostprocessOptions,
} from '../kernels/postprocess-options.ts';
import { type ClassFilter, classMask } from '../labels.ts';
import type { ModelConfig } from '../model/model.ts';
import { decodingOf } from '../model/presets.ts';
import {
  ABORT_SIGNAL,
  checkObject,
  checkValue,
  FLAG,
  FUNCTION,
  oneOf,
  type Rule,
  wholeFrom,
} from '../option-checks.ts';
import type { ResultLimits } from './merge-views.ts';
import { type MultiScaleOptions, multiScaleViews } from './multi-scale.ts';
import { type TileOptions, tileViews } from './tiles.ts';
import { enoughPixels, plainView, type Size, type ViewPlan } from './views.ts';

/** Suits results that people view; evaluation uses 0.01, as the paper does. */
export const DEFAULT_SCORE_THRESHOLD = 0.5;

/** Options of one detection; for an absent option the model's value or the default applies. */
export interface DetectOptions extends Partial<Omit<PostprocessOptions, 'classMask'>> {
  /** Lowest score of a returned detection. Default 0.5. */
  scoreThreshold?: number;
  /** Classes to return: an allow list, or `{ allow, deny }`. Default: all. */
  classes?: ClassFilter;
  /** Maximum number of returned detections, best first; default `keepTopK`. */
  maxDetections?: number;
  /** Multi-scale testing as in the paper ("RefineDet+"): slower, more accurate. Default false. */
  multiScale?: boolean | MultiScaleOptions;
  /** Overlapping tiles for large images with small objects; a number is the tile's side. Default false. */
  tiles?: boolean | number | TileOptions;
  /** Maximum number of pixels; a larger image fails before it is decoded. Default 100 million. */
  maxPixels?: number;
  /**
   * Decode large JPEG files to a half, a quarter or an eighth of their size, but keep each side at
   * least twice the network input: two to three times faster, with slightly blurred pixels. Boxes
   * are still in pixels of the file. Has no effect with `tiles` or in browsers, which use their own
   * decoder. Default false.
   */
  fastDecode?: boolean;
  /** Cancels between the stages: the promise rejects with ABORTED. */
  signal?: AbortSignal;
  /** Receives the duration of each stage. */
  onTimings?: (timings: StageTimings) => void;
}

/** Options of a detection in several images. */
export interface BatchOptions extends DetectOptions {
  /**
   * What a failure in one image does: `throw` rejects the batch, `return` puts the error in the place of
   * its detections and goes on. An abort, a disposed detector and lack of memory always reject. Default
   * `throw`.
   */
  onError?: 'throw' | 'return';
}

/** Options of a batch whose errors are results. */
export type ReturnErrors = BatchOptions & { onError: 'return' };
/** Options of a batch that rejects. */
export type ThrowErrors = BatchOptions & { onError?: 'throw' };

/** The result for one image of a batch with `onError: 'return'`. */
export type BatchResult = Detection[] | RefineDetError;

export interface ResolvedDetectOptions extends ResultLimits {
  /** Options for each view. Their score threshold may be below that of the results: weak candidates vote. */
  postprocess: PostprocessOptions;
  /** Options for the union of all views; undefined when there is only one view. */
  merge: PostprocessOptions | undefined;
  maxPixels: number;
  /** Returns the size to decode to for a network input size, or undefined for full size. */
  enough: (input: Size) => Size | undefined;
  signal: AbortSignal | undefined;
  onTimings: DetectOptions['onTimings'];
  views: ViewPlan;
}

const COUNT = wholeFrom(1);
const isObject = (value: unknown) => typeof value === 'object' && value !== null;

/** Rules of the options outside of post-processing. */
const RULES = {
  classes: [isObject, 'a list of names or { allow, deny }'],
  maxDetections: COUNT,
  multiScale: [(v) => typeof v === 'boolean' || isObject(v), 'true, false or an object'],
  tiles: [
    (v) => ['boolean', 'number'].includes(typeof v) || isObject(v),
    'true, false, a number of pixels or an object',
  ],
  maxPixels: COUNT,
  fastDecode: FLAG,
  signal: ABORT_SIGNAL,
  onTimings: FUNCTION,
} satisfies Partial<Record<keyof DetectOptions, Rule>>;

/** Candidates from this score vote, so a higher threshold of the results does not change their boxes. */
const VOTE_SCORE_THRESHOLD = 0.01;

/** @throws INVALID_OPTION, UNKNOWN_CLASS */
export function resolveDetectOptions(
  options: DetectOptions,
  config: Pick<ModelConfig, 'classes' | 'preset' | 'decoding'>,
): ResolvedDetectOptions {
  checkObject('options', options);
  for (const [name, rule] of Object.entries(RULES)) {
    const value = options[name as keyof DetectOptions];
    if (value !== undefined) checkValue(name, value, rule as Rule);
  }
  const { multiScale = false, tiles = false, maxPixels = DEFAULT_MAX_PIXELS } = options;
  if (multiScale && tiles !== false) {
    throw new RefineDetError('INVALID_OPTION', 'multiScale and tiles cannot be combined');
  }
  const scoreThreshold = options.scoreThreshold ?? DEFAULT_SCORE_THRESHOLD;
  const postprocess = resolvePostprocessOptions(
    {
      ...options,
      scoreThreshold,
      classMask: classMask(config.classes, options.classes),
    },
    Object.keys(RULES),
    decodingOf(config),
  );
  const { maxDetections = postprocess.keepTopK, signal, onTimings } = options;
  const votesInUnion = options.boxVoting ?? config.decoding?.boxVoting;
  const planned = plan(postprocess, multiScale, tiles, votesInUnion);
  const reduces = options.fastDecode && tiles === false;
  return {
    ...planned,
    enough: (input) => (reduces ? enoughPixels(planned.views, input) : undefined),
    ...{ scoreThreshold, maxDetections, maxPixels, signal, onTimings },
  };
}

const ON_ERROR = oneOf(['throw', 'return']);
/** Errors that the other images of a batch would meet too. */
const ENDING: ReadonlySet<ErrorCode> = new Set(['ABORTED', 'DISPOSED', 'OUT_OF_MEMORY']);

/**
 * Splits the options of a batch.
 * @returns options of each detection, and a function that returns an error as a result or throws it
 */
export function resolveBatchOptions({ onError = 'throw', ...options }: BatchOptions): {
  options: DetectOptions;
  failed: (error: unknown) => RefineDetError;
} {
  checkValue('onError', onError, ON_ERROR);
  const failed = (error: unknown) => {
    const isResult = error instanceof RefineDetError && !ENDING.has(error.code);
    if (onError === 'return' && isResult) return error;
    throw error;
  };
  return { options, failed };
}

/** Plans views and their post-processing. Scores decay only once: in the union of the views. */
function plan(
  given: PostprocessOptions,
  multiScale: boolean | MultiScaleOptions,
  tiles: boolean | number | TileOptions,
  votesInUnion = true,
): Pick<ResolvedDetectOptions, 'postprocess' | 'merge' | 'views'> {
  if (multiScale) {
    const union = withVoters({ ...given, boxVoting: votesInUnion });
    return {
      postprocess: { ...union, softNms: false, boxVoting: false },
      merge: union,
      views: multiScaleViews(multiScale === true ? {} : multiScale),
    };
  }
  const postprocess = withVoters(given);
  if (tiles !== false) {
    const details = tiles === true ? {} : typeof tiles === 'number' ? { size: tiles } : tiles;
    return {
      postprocess: { ...postprocess, softNms: false },
      merge: postprocess,
      views: tileViews(details),
    };
  }
  return { postprocess, merge: undefined, views: (...sizes) => [plainView(...sizes)] };
}

function withVoters(options: PostprocessOptions): PostprocessOptions {
  const { boxVoting, scoreThreshold } = options;
  if (!boxVoting) return options;
  return { ...options, scoreThreshold: Math.min(scoreThreshold, VOTE_SCORE_THRESHOLD) };
}
