/** The order of images: the seed of a run determines all of it. */

import { deriveRandom } from '../../random.ts';
import type { SamplingOptions } from '../config/train-config.ts';

/** Independent streams of random numbers with the same seed. */
const ORDER_STREAM = 1;

/** One image to train on. */
export interface Draw {
  /** Index of the image. */
  image: number;
  epoch: number;
  /** Position in the epoch: together with the epoch it identifies the draw and its random numbers. */
  position: number;
}

/**
 * How often each image should occur in an epoch: the largest factor of its classes, after
 * repeat-factor sampling (LVIS, arXiv 1908.03195).
 * @param labels class ids in each image
 * @returns factors of at least 1
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

/** The endless sequence of draws, epoch after epoch; batches are consecutive pieces of it. */
export class Sampler {
  /** Number of draws in an epoch. */
  readonly epochLength: number;
  readonly #factors: Float64Array;
  readonly #seed: number;
  #epoch = -1;
  #order: Int32Array;

  /** @param factors expected repeats of each image; at least one image */
  constructor(factors: Float64Array, seed: number) {
    this.epochLength = Math.round(factors.reduce((sum, factor) => sum + factor, 0));
    this.#factors = factors;
    this.#seed = seed;
    this.#order = new Int32Array(this.epochLength);
  }

  /** Draws [from, from + count) of the sequence; a batch may extend into the next epochs. */
  draws(from: number, count: number): Draw[] {
    return Array.from({ length: count }, (_, i) => {
      const epoch = Math.floor((from + i) / this.epochLength);
      const position = (from + i) % this.epochLength;
      if (epoch !== this.#epoch) this.#shuffle(epoch);
      return { image: this.#order[position], epoch, position };
    });
  }

  /** Systematic sampling: every image as often as expected, rounded up or down at random. */
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
    // The rounded sum may end just below the last image.
    while (at < this.epochLength) this.#order[at++] = this.#factors.length - 1;
    random.shuffle(this.#order);
    this.#epoch = epoch;
  }
}
