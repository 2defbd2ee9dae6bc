/** The parameter block of the post-process kernels: options and addresses, 4 bytes a field. */
import type { Heap } from './heap.ts';
import type { PostprocessOptions } from './options.ts';

/** Fields in the order of class Parameters in assembly/parameters.ts. */
const FIELDS = {
  anchors: 'u32',
  levels: 'u32',
  levelCount: 'u32',
  count: 'u32',
  classes: 'u32',
  classMask: 'u32',
  objectnessMargin: 'f32',
  scoreThreshold: 'f32',
  scoreMargin: 'f32',
  nmsThreshold: 'f32',
  softNmsThreshold: 'f32',
  softNmsScale: 'f32',
  votingThreshold: 'f32',
  refineAnchors: 'u32',
  agnostic: 'u32',
  softNms: 'u32',
  boxVoting: 'u32',
  topK: 'u32',
  keepTopK: 'u32',
  scratch: 'u32',
  outBoxes: 'u32',
  outScores: 'u32',
  outClassIds: 'u32',
} as const;

export type ParameterValues = Record<keyof typeof FIELDS, number>;

/** Bytes of the block: the fields above and those that the kernels keep for themselves. */
export const PARAMETER_BYTES = 256;

const ENTRIES = Object.entries(FIELDS) as [keyof typeof FIELDS, 'u32' | 'f32'][];

export function writeParameters(heap: Heap, pointer: number, values: ParameterValues): void {
  const view = new DataView(heap.memory.buffer, pointer, 4 * ENTRIES.length);
  for (let i = 0; i < ENTRIES.length; i++) {
    const [name, type] = ENTRIES[i];
    if (type === 'u32') view.setUint32(4 * i, values[name], true);
    else view.setFloat32(4 * i, values[name], true);
  }
}

/**
 * No candidate has a lower score, even with threshold 0: exponentials that small are flushed to 0,
 * and NMS relies on positive scores.
 */
const MIN_SCORE = 1e-30;

/** The part of the block that options determine. `limit`: no more candidates than this can exist. */
export function optionValues(options: PostprocessOptions, limit: number) {
  const scoreThreshold = Math.max(options.scoreThreshold, MIN_SCORE);
  return {
    objectnessMargin: logit(options.objectnessThreshold),
    scoreThreshold,
    // Rounding in the kernel's softmax must not lose a score that equals the threshold.
    scoreMargin: logit(scoreThreshold) - 1e-4,
    nmsThreshold: options.nmsThreshold,
    softNmsThreshold: options.softNmsThreshold,
    softNmsScale: -Math.min(1 / options.softNmsSigma, MAX_FLOAT32),
    votingThreshold: options.boxVotingThreshold,
    refineAnchors: Number(options.refineAnchors),
    agnostic: Number(options.agnostic),
    softNms: SOFT_NMS_CODES[String(options.softNms) as 'false' | 'linear' | 'gaussian'],
    boxVoting: Number(options.boxVoting),
    topK: Math.min(options.topK, limit),
    keepTopK: Math.min(options.keepTopK, limit),
  } satisfies Partial<ParameterValues>;
}

const SOFT_NMS_CODES = { false: 0, linear: 1, gaussian: 2 };

const MAX_FLOAT32 = 2 ** 128 - 2 ** 104;

/** log(p / (1 - p)): the difference of two logits at which the softmax gives p; finite for all p. */
function logit(p: number): number {
  if (p <= 0) return -MAX_FLOAT32;
  const q = Math.min(p, 1 - 2 ** -24); // the largest float32 below 1
  return Math.log(q / (1 - q));
}
