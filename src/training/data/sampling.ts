/** Which image comes when: the whole order of a run follows from its seed. */

import { deriveRandom } from '../../random.ts';
import type { SamplingOptions } from '../config/train-config.ts';

/** Streams of random numbers that share a seed. */
const ORDER_STREAM = 1;

/** One image to be trained on. */
export interface Draw {
  /** Index of the image. */
  image: number;
  epoch: number;
  /** Place in the epoch: with the epoch it names the draw, and its random numbers. */
  position: number;
}

/**
 * How often each image is wanted in an epoch: the most that any of its classes asks for, after
 * repeat-factor sampling (LVIS, arXiv 1908.03195).
 * @param labels class ids in each image
 * @returns at least 1 each
 */
export function repeatFactors(
  labels: readonly Iterable<number>[],
  classes: number,
  { balance, maxRepeat }: SamplingOptions,
): Float64Array {
  const sets = labels.map((ids) => new Set(ids));
  const images = new Array<number>(classes).fill(0);
  for (const ids of sets) for (const id of ids) images[id]++;
  const most = Math.max(...images);
  const factors = images.map((count) => Math.min((most / count) ** balance, maxRepeat));
  return Float64Array.from(sets, (ids) => Math.max(1, ...[...ids].map((id) => factors[id])));
}

/** The endless sequence of draws, epoch after epoch, in which batches are consecutive pieces. */
export class Sampler {
  /** Draws in an epoch. */
  readonly epochLength: number;
  readonly #factors: Float64Array;
  readonly #seed: number;
  #epoch = -1;
  #order: Int32Array;

  /** @param factors wanted repeats of each image; there must be one */
  constructor(factors: Float64Array, seed: number) {
    this.epochLength = Math.round(factors.reduce((sum, factor) => sum + factor, 0));
    this.#factors = factors;
    this.#seed = seed;
    this.#order = new Int32Array(this.epochLength);
  }

  /** Draws [from, from + count) of the sequence; a batch may reach into the next epochs. */
  draws(from: number, count: number): Draw[] {
    return Array.from({ length: count }, (_, i) => {
      const epoch = Math.floor((from + i) / this.epochLength);
      const position = (from + i) % this.epochLength;
      if (epoch !== this.#epoch) this.#shuffle(epoch);
      return { image: this.#order[position], epoch, position };
    });
  }

  /** Systematic sampling: every image as often as wanted, rounded up or down at random. */
  #shuffle(epoch: number): void {
    const random = deriveRandom(this.#seed, ORDER_STREAM, epoch);
    const wanted = this.#factors.reduce((sum, factor) => sum + factor, 0);
    const start = random.uniform();
    let sum = 0;
    let at = 0;
    this.#factors.forEach((factor, image) => {
      sum += (factor * this.epochLength) / wanted;
      while (at < this.epochLength && at + start < sum) this.#order[at++] = image;
    });
    // Rounding of the last sum.
    while (at < this.epochLength) this.#order[at++] = this.#factors.length - 1;
    random.shuffle(this.#order);
    this.#epoch = epoch;
  }
}
