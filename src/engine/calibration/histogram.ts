/** Distribution of the magnitudes of a map's values, for each channel. */
import { RefineDetError } from '../../errors.ts';

const BINS = 1024;
/** Upper end of the histogram at first: more than a ReLU6 returns. */
const FIRST_RANGE = 8;
/** Positions of a map that are counted; neighbors resemble one another. */
const POSITIONS = 2048;

export class Histogram {
  readonly channels: number;
  readonly #map: string;
  /** Number of values in each bin [channels, BINS]. */
  readonly #counts: Uint32Array;
  /** Sum of the values of each channel, with their sign. */
  readonly #sums: Float64Array;
  #range = FIRST_RANGE;
  #values = 0;

  /** @param map name of the map, for errors */
  constructor(map: string, channels: number) {
    this.#map = map;
    this.channels = channels;
    this.#counts = new Uint32Array(channels * BINS);
    this.#sums = new Float64Array(channels);
  }

  /**
   * Counts the values of an image; in a large map only those of some positions.
   * @param values [positions, channels]
   * @throws INVALID_ARGUMENT for a value that is not finite
   */
  add(values: Float32Array): void {
    const { channels } = this;
    const counts = this.#counts;
    const sums = this.#sums;
    const step = channels * Math.ceil(values.length / channels / POSITIONS);
    for (let position = 0; position < values.length; position += step) {
      for (let c = 0; c < channels; c++) {
        const value = values[position + c];
        const magnitude = Math.abs(value);
        // No range holds infinity, and one NaN would become the mean.
        if (!(magnitude < Number.POSITIVE_INFINITY)) throw this.#notFinite(value);
        while (magnitude >= this.#range) this.#widen();
        counts[c * BINS + Math.floor((magnitude * BINS) / this.#range)]++;
        sums[c] += value;
      }
      this.#values++;
    }
  }

  /** Mean of a channel, with the sign of the values. */
  mean(channel: number): number {
    return this.#sums[channel] / this.#values;
  }

  /** Returns the occupied bins of some channels together: magnitudes and how often they occur. */
  bins(channels: readonly number[]): Bins {
    const magnitudes: number[] = [];
    const counts: number[] = [];
    for (let bin = 0; bin < BINS; bin++) {
      let count = 0;
      for (const c of channels) count += this.#counts[c * BINS + bin];
      if (count === 0) continue;
      magnitudes.push(((bin + 0.5) * this.#range) / BINS);
      counts.push(count);
    }
    return { magnitudes, counts };
  }

  #notFinite(value: number): RefineDetError {
    return new RefineDetError(
      'INVALID_ARGUMENT',
      `the map ${this.#map} of the network holds ${value}, so that it has no 8-bit steps; check the weights up to this layer for values that are not finite or very large`,
    );
  }

  /** Doubles the range; pairs of bins become one. */
  #widen(): void {
    for (let c = 0; c < this.channels; c++) {
      const bins = this.#counts.subarray(c * BINS, (c + 1) * BINS);
      for (let i = 0; i < BINS / 2; i++) bins[i] = bins[2 * i] + bins[2 * i + 1];
      bins.fill(0, BINS / 2);
    }
    this.#range *= 2;
  }
}

/** Magnitudes in ascending order. */
export interface Bins {
  magnitudes: readonly number[];
  counts: readonly number[];
}
