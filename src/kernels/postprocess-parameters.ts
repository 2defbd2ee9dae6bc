/** The parameter block of the post-process kernels: options and addresses, 4 bytes a field. */
import type { Heap } from './heap.ts';
import type { PostprocessOptions } from './postprocess-options.ts';

/** Bytes of the block: the fields written here and those that the kernels keep for themselves. */
export const PARAMETER_BYTES = 256;

/** Words of the block that say where input, scratch and results are, and how large. */
export interface BlockAddresses {
  /** [N, 4] cx, cy, w, h. */
  anchors: number;
  /** Table of the heads' addresses. */
  levels: number;
  levelCount: number;
  /** N: anchors, or candidates to merge. */
  count: number;
  /** Object classes (K). */
  classes: number;
  classMask: number;
  scratch: number;
  outBoxes: number;
  outScores: number;
  outClassIds: number;
}

/** Fields in the order of class Parameters in assembly/parameters.ts. */
export function writeParameters(
  heap: Heap,
  pointer: number,
  at: BlockAddresses,
  options: PostprocessOptions,
): void {
  const words = new Uint32Array(heap.memory.buffer, pointer, PARAMETER_BYTES / 4);
  const floats = new Float32Array(heap.memory.buffer, pointer, PARAMETER_BYTES / 4);
  const most = at.count * at.classes; // there cannot be more candidates
  const scoreThreshold = Math.max(options.scoreThreshold, MIN_SCORE);
  words[0] = at.anchors;
  words[1] = at.levels;
  words[2] = at.levelCount;
  words[3] = at.count;
  words[4] = at.classes;
  words[5] = at.classMask;
  floats[6] = logit(options.objectnessThreshold);
  floats[7] = scoreThreshold;
  // Rounding in the kernel's softmax must not lose a score that equals the threshold.
  floats[8] = logit(scoreThreshold) - 1e-4;
  floats[9] = options.nmsThreshold;
  floats[10] = options.softNmsThreshold;
  floats[11] = -Math.min(1 / options.softNmsSigma, MAX_FLOAT32);
  floats[12] = options.boxVotingThreshold;
  words[13] = Number(options.refineAnchors);
  words[14] = Number(options.agnostic);
  words[15] = options.softNms === false ? 0 : SOFT_NMS_CODES[options.softNms];
  words[16] = Number(options.boxVoting);
  words[17] = Math.min(options.topK, most);
  words[18] = Math.min(options.keepTopK, most);
  words[19] = at.scratch;
  words[20] = at.outBoxes;
  words[21] = at.outScores;
  words[22] = at.outClassIds;
}

/**
 * No candidate has a lower score, even with threshold 0: exponentials that small are flushed to 0,
 * and NMS relies on positive scores.
 */
const MIN_SCORE = 1e-30;

const SOFT_NMS_CODES = { linear: 1, gaussian: 2 };

const MAX_FLOAT32 = 2 ** 128 - 2 ** 104;

/** log(p / (1 - p)): the difference of two logits at which the softmax gives p; finite for all p. */
function logit(p: number): number {
  if (p <= 0) return -MAX_FLOAT32;
  const q = Math.min(p, 1 - 2 ** -24); // the largest float32 below 1
  return Math.log(q / (1 - q));
}
