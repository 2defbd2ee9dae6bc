/** Options of one detection: the post-processing's, and what surrounds it. */

import type { StageTimings } from '../engine/engine.ts';
import { RefineDetError } from '../errors.ts';
import { DEFAULT_MAX_PIXELS } from '../image/header.ts';
import {
  type PostprocessOptions,
  resolvePostprocessOptions,
} from '../kernels/postprocess-options.ts';
import { type ClassFilter, classMask } from '../labels.ts';
import type { ModelConfig } from '../model/model.ts';
import {
  ABORT_SIGNAL,
  checkObject,
  checkValue,
  FLAG,
  FUNCTION,
  type Rule,
  wholeFrom,
} from '../option-checks.ts';
import type { MergeOptions } from './merge-views.ts';
import { type MultiScaleOptions, multiScaleViews } from './multi-scale.ts';
import { type TileOptions, tileViews } from './tiles.ts';
import { enoughPixels, plainView, type Size, type ViewPlan } from './views.ts';

/** What a person wants to see; evaluation uses the paper's 0.01. */
const DEFAULT_SCORE_THRESHOLD = 0.5;

/** Options of one detection; what is left out is as the model or the default says. */
export interface DetectOptions extends Partial<Omit<PostprocessOptions, 'classMask'>> {
  /** Lowest score of a returned detection. Default 0.5. */
  scoreThreshold?: number;
  /** Classes to return: an allow list, or `{ allow, deny }`. Default: all. */
  classes?: ClassFilter;
  /** Most detections returned, best first; default `keepTopK`. */
  maxDetections?: number;
  /** The paper's multi-scale test ("RefineDet+"): slower, more accurate. Default false. */
  multiScale?: boolean | MultiScaleOptions;
  /** Overlapping tiles for large images with small objects; a number is the tile's side. Default false. */
  tiles?: boolean | number | TileOptions;
  /** Refuses images with more pixels before decoding them. Default 100 million. */
  maxPixels?: number;
  /**
   * Decode large JPEG files to a half, a quarter or an eighth of their size, but no side smaller than
   * twice what the network looks at: two to three times faster, for slightly blurred pixels. Boxes
   * are in pixels of the file all the same. Not with `tiles`, and not in browsers, which decode
   * themselves. Default false.
   */
  fastDecode?: boolean;
  /** Cancels between the stages: the promise rejects with code ABORTED. */
  signal?: AbortSignal;
  /** Receives how long the stages took. */
  onTimings?: (timings: StageTimings) => void;
}

export interface ResolvedDetectOptions {
  /** Of each view. */
  postprocess: PostprocessOptions;
  /** Of the union of all views; undefined when there is only one. */
  merge: MergeOptions | undefined;
  maxDetections: number;
  maxPixels: number;
  /** Pixels worth decoding, given the network's input size; undefined: all of them. */
  enough: (input: Size) => Size | undefined;
  signal: AbortSignal | undefined;
  onTimings: DetectOptions['onTimings'];
  views: ViewPlan;
}

const COUNT = wholeFrom(1);
const isObject = (value: unknown) => typeof value === 'object' && value !== null;

/** Of the options that are not the post-processing's. */
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

/** Voting in the multi-scale test needs candidates that a single view would not report. */
const VOTE_SCORE_THRESHOLD = 0.01;

/** @throws INVALID_OPTION, UNKNOWN_CLASS */
export function resolveDetectOptions(
  options: DetectOptions,
  { classes, decoding }: Pick<ModelConfig, 'classes' | 'decoding'>,
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
  const postprocess = resolvePostprocessOptions(
    {
      ...options,
      scoreThreshold: options.scoreThreshold ?? DEFAULT_SCORE_THRESHOLD,
      classMask: classMask(classes, options.classes),
    },
    Object.keys(RULES),
    decoding,
  );
  const { maxDetections = postprocess.keepTopK, signal, onTimings } = options;
  const planned = plan(postprocess, multiScale, tiles, options.boxVoting);
  const reduces = options.fastDecode && tiles === false;
  return {
    ...planned,
    enough: (input) => (reduces ? enoughPixels(planned.views, input) : undefined),
    ...{ maxDetections, maxPixels, signal, onTimings },
  };
}

/** Views and how they are post-processed. Scores are decayed once only: in the union of the views. */
function plan(
  postprocess: PostprocessOptions,
  multiScale: boolean | MultiScaleOptions,
  tiles: boolean | number | TileOptions,
  wantsVoting = true,
): Pick<ResolvedDetectOptions, 'postprocess' | 'merge' | 'views'> {
  const { scoreThreshold } = postprocess;
  if (multiScale) {
    const candidates = wantsVoting
      ? Math.min(scoreThreshold, VOTE_SCORE_THRESHOLD)
      : scoreThreshold;
    const common = { ...postprocess, scoreThreshold: candidates };
    return {
      postprocess: { ...common, softNms: false, boxVoting: false },
      merge: { postprocess: { ...common, boxVoting: wantsVoting }, scoreThreshold },
      views: multiScaleViews(multiScale === true ? {} : multiScale),
    };
  }
  if (tiles !== false) {
    const details = tiles === true ? {} : typeof tiles === 'number' ? { size: tiles } : tiles;
    return {
      postprocess: { ...postprocess, softNms: false },
      merge: { postprocess, scoreThreshold },
      views: tileViews(details),
    };
  }
  return { postprocess, merge: undefined, views: (...sizes) => [plainView(...sizes)] };
}
