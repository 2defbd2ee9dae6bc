/**
 * Seeded random numbers whose whole state is four integers, so that a run resumes bit by bit.
 * The generator is sfc32 (C. Doty-Humphrey, PractRand), seeded through a 32-bit mixing function.
 */

/** Plain data: kept in checkpoints. */
export type RandomState = readonly [number, number, number, number];

export class Random {
  #a: number;
  #b: number;
  #c: number;
  #counter: number;

  constructor([a, b, c, counter]: RandomState) {
    this.#a = a;
    this.#b = b;
    this.#c = c;
    this.#counter = counter;
  }

  /** The state: pass it to the constructor to continue the sequence from here. */
  get state(): RandomState {
    return [this.#a, this.#b, this.#c, this.#counter];
  }

  /** A whole number in [0, 2^32). */
  next(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** Uniform in [0, 1). */
  uniform(): number {
    return this.next() / 2 ** 32;
  }

  /** Uniform in [low, high). */
  between(low: number, high: number): number {
    return low + (high - low) * this.uniform();
  }

  /** A whole number in [0, count), `count` at most 2^32; every one equally likely. */
  integer(count: number): number {
    // Numbers above the last multiple of `count` are drawn again.
    const limit = 2 ** 32 - (2 ** 32 % count);
    let value = this.next();
    while (value >= limit) value = this.next();
    return value % count;
  }

  /** True with the given probability. */
  chance(probability: number): boolean {
    return this.uniform() < probability;
  }

  /** Normal deviate with mean 0 and standard deviation 1 (Box and Muller). */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return radius * Math.cos(2 * Math.PI * this.uniform());
  }

  /** One of the items, all equally likely; the list must not be empty. */
  pick<T>(items: readonly T[]): T {
    return items[this.integer(items.length)];
  }

  /** Shuffles in place (Fisher and Yates) and returns the argument. */
  shuffle<T extends unknown[] | Int32Array | Uint32Array>(items: T): T {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      const swapped = items[i];
      items[i] = items[j];
      items[j] = swapped;
    }
    return items;
  }
}

/** Rounds that sfc32 needs before the seed has reached every bit. */
const WARM_UP = 12;

/**
 * An independent generator for every list of integers: `deriveRandom(seed, epoch, index)` gives a
 * sample its own stream, independent of the worker and of earlier samples.
 */
export function deriveRandom(...keys: readonly number[]): Random {
  let hash = mix(keys.length);
  const words = [1, 2, 3].map((word) => {
    hash = mix(hash + word);
    // Seeds may exceed 32 bits: both halves count.
    for (const key of keys) {
      hash = mix(hash ^ (key >>> 0));
      hash = mix(hash ^ (Math.floor(key / 2 ** 32) >>> 0));
    }
    return hash;
  });
  const random = new Random([words[0], words[1], words[2], 1]);
  for (let i = 0; i < WARM_UP; i++) random.next();
  return random;
}

/** A bijection of 32 bits in which every input bit flips half of the output bits (murmur3's). */
function mix(value: number): number {
  let h = (value + 0x9e3779b9) | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
