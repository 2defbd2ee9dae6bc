/** Options of one detection: the post-processing's, and what surrounds it. */
import { RefineDetError } from '../errors.ts';
import { DEFAULT_MAX_PIXELS } from '../image/header.ts';
import { type PostprocessOptions, resolvePostprocessOptions } from '../kernels/options.ts';
import { type ClassFilter, classMask } from '../labels.ts';
import type { StageTimings } from './engine.ts';
import {
  type MultiScaleOptions,
  multiScaleViews,
  plainView,
  type Size,
  type TileOptions,
  tileViews,
  type View,
} from './views.ts';

/** What a person wants to see; evaluation uses the paper's 0.01. */
export const DEFAULT_SCORE_THRESHOLD = 0.5;

export interface DetectOptions extends Partial<Omit<PostprocessOptions, 'classMask'>> {
  /** Lowest score of a returned detection. Default 0.5. */
  scoreThreshold?: number;
  /** Classes to return: an allow list, or `{ allow, deny }`. Default: all. */
  classes?: ClassFilter;
  /** Most detections returned, best first; default `keepTopK`. */
  maxDetections?: number;
  /** The paper's multi-scale test ("RefineDet+"): slower, more accurate. Default false. */
  multiScale?: boolean | MultiScaleOptions;
  /** Overlapping tiles for large pictures with small objects; a number is the tile's side. Default false. */
  tiles?: boolean | number | TileOptions;
  /** Refuses pictures with more pixels before decoding them. Default 100 million. */
  maxPixels?: number;
  /** Cancels between the stages: the promise rejects with code ABORTED. */
  signal?: AbortSignal;
  /** Receives how long the stages took. */
  onTimings?: (timings: StageTimings) => void;
}

export interface ResolvedDetectOptions {
  /** Of each view. */
  postprocess: PostprocessOptions;
  /** Of the union of all views; undefined when there is only one. */
  merge: Partial<PostprocessOptions> | undefined;
  maxDetections: number;
  maxPixels: number;
  signal: AbortSignal | undefined;
  onTimings: DetectOptions['onTimings'];
  views(image: Size, input: Size): View[];
}

const OTHER_NAMES = [
  'classes',
  'maxDetections',
  'multiScale',
  'tiles',
  'maxPixels',
  'signal',
  'onTimings',
];

/** Voting in the multi-scale test needs candidates that a single view would not report. */
const VOTE_SCORE_THRESHOLD = 0.01;

/** @throws INVALID_OPTION, UNKNOWN_CLASS */
export function resolveDetectOptions(
  options: DetectOptions,
  classes: readonly string[],
): ResolvedDetectOptions {
  const { multiScale = false, tiles = false, maxPixels = DEFAULT_MAX_PIXELS } = options;
  const final = resolvePostprocessOptions(
    {
      ...options,
      scoreThreshold: options.scoreThreshold ?? DEFAULT_SCORE_THRESHOLD,
      classMask: classMask(classes, options.classes),
    },
    OTHER_NAMES,
  );
  if (multiScale && tiles) {
    throw new RefineDetError('INVALID_OPTION', 'multiScale and tiles cannot be combined');
  }
  const maxDetections = options.maxDetections ?? final.keepTopK;
  positive('maxDetections', maxDetections);
  positive('maxPixels', maxPixels);
  const { signal, onTimings } = options;
  const common = { maxDetections, maxPixels, signal, onTimings };
  if (multiScale) {
    const details = multiScale === true ? {} : multiScale;
    const scoreThreshold = Math.min(final.scoreThreshold, VOTE_SCORE_THRESHOLD);
    return {
      ...common,
      postprocess: { ...final, scoreThreshold },
      merge: { ...final, boxVoting: true },
      views: (image, input) => multiScaleViews(image, input, details),
    };
  }
  if (tiles) {
    const details = tiles === true ? {} : typeof tiles === 'number' ? { size: tiles } : tiles;
    return {
      ...common,
      postprocess: final,
      merge: final,
      views: (image, input) => tileViews(image, input, details),
    };
  }
  return {
    ...common,
    postprocess: final,
    merge: undefined,
    views: (image, input) => [plainView(image, input)],
  };
}

function positive(name: string, value: number): void {
  if (Number.isInteger(value) && value >= 1) return;
  throw new RefineDetError('INVALID_OPTION', `${name} must be a whole number from 1, not ${value}`);
}
