/** Parameters of the post-process kernels: options and addresses. */
import { logit } from '../logit.ts';
import { PostprocessInput } from './generated/abi.ts';
import type { Heap } from './heap.ts';
import { type RecordValues, writeRecord } from './heap-records.ts';
import type { PostprocessOptions } from './postprocess-options.ts';

/** Addresses and sizes of input, scratch and results. */
export type PostprocessAddresses = Pick<
  RecordValues<typeof PostprocessInput>,
  | 'anchors'
  | 'levels'
  | 'levelCount'
  | 'count'
  | 'classes'
  | 'classMask'
  | 'scratch'
  | 'outBoxes'
  | 'outScores'
  | 'outClassIds'
>;

export function writeParameters(
  heap: Heap,
  pointer: number,
  at: PostprocessAddresses,
  options: PostprocessOptions,
): void {
  const most = at.count * at.classes; // upper bound of the candidates
  const scoreThreshold = Math.max(options.scoreThreshold, MIN_SCORE);
  writeRecord(heap, pointer, PostprocessInput, {
    ...at,
    objectnessMargin: finiteLogit(options.objectnessThreshold),
    scoreThreshold,
    // Rounding in the kernel's softmax must not lose a score that equals the threshold.
    scoreMargin: finiteLogit(scoreThreshold) - 1e-4,
    nmsThreshold: options.nmsThreshold,
    softNmsThreshold: options.softNmsThreshold,
    softNmsScale: -Math.min(1 / options.softNmsSigma, MAX_FLOAT32),
    votingThreshold: options.boxVotingThreshold,
    refineAnchors: Number(options.refineAnchors),
    agnostic: Number(options.agnostic),
    softNms: options.softNms === false ? 0 : SOFT_NMS_CODES[options.softNms],
    boxVoting: Number(options.boxVoting),
    topK: Math.min(options.topK, most),
    keepTopK: Math.min(options.keepTopK, most),
  });
}

/**
 * Lowest score of a candidate, even with threshold 0: smaller exponentials are flushed to 0, and NMS
 * relies on positive scores.
 */
const MIN_SCORE = 1e-30;

const SOFT_NMS_CODES = { linear: 1, gaussian: 2 };

const MAX_FLOAT32 = 2 ** 128 - 2 ** 104;

/** The logit of a probability, finite for all of them. */
function finiteLogit(p: number): number {
  if (p <= 0) return -MAX_FLOAT32;
  return logit(Math.min(p, 1 - 2 ** -24)); // the largest float32 below 1
}
