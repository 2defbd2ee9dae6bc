import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type ConvMatrix,
  finestSteps,
  quantizeConv,
} from '../../../src/model/int8/quantize-conv.ts';
import {
  type DepthwiseFilter,
  quantizeDepthwise,
} from '../../../src/model/int8/quantize-depthwise.ts';
import { deriveRandom } from '../../../src/random.ts';
import { dequantize } from '../../../src/weights/quantize.ts';

const INPUT = 0.02;

/** Floats that would give other levels. */
const UNREAD = new Float32Array();

function attempt<T>(run: () => T): T | string {
  try {
    return run();
  } catch (error) {
    return (error as Error).message;
  }
}

/** A random convolution; its columns differ in size by up to `spread`. */
function convMatrix(
  { seed, channels, filters, spread, output }: Record<string, number>,
  isFloat: boolean,
  hasResidual: boolean,
): ConvMatrix {
  const random = deriveRandom(seed);
  const sizes = Array.from({ length: filters }, () => spread ** -random.next());
  const draw = (_: unknown, i: number) => random.between(-1, 1) * sizes[i % filters];
  return {
    weight: { data: Float32Array.from({ length: channels * filters }, draw) },
    bias: Float32Array.from({ length: filters }, draw),
    input: new Float32Array(channels).fill(INPUT),
    output: isFloat ? undefined : new Float32Array(filters).fill(output),
    residual: hasResidual ? new Float32Array(filters).fill(output * 1.7) : undefined,
  };
}

const samples = fc.record({
  seed: fc.integer(),
  channels: fc.integer({ min: 1, max: 40 }),
  filters: fc.integer({ min: 1, max: 12 }),
  spread: fc.constantFrom(1, 10, 1000),
  output: fc.constantFrom(0.02, 0.1, 0.5),
});

describe('a quantized convolution', () => {
  it('keeps every weight within half a step, and steps no finer than 8 bits need', () => {
    fc.assert(
      fc.property(samples, fc.boolean(), fc.boolean(), (sample, isFloat, hasResidual) => {
        const matrix = convMatrix(sample, isFloat, !isFloat && hasResidual);
        const { weights, steps } = quantizeConv(matrix);
        const finest = finestSteps(matrix);
        matrix.weight.data.forEach((value, i) => {
          const n = i % sample.filters;
          expect(Math.abs(weights[i] * steps[n] - value * INPUT)).toBeLessThanOrEqual(
            0.51 * steps[n],
          );
          expect(steps[n]).toBeGreaterThanOrEqual(finest[n] * 0.999);
        });
      }),
    );
  });

  it('turns a sum into output steps: shift, multiplier and step belong together', () => {
    fc.assert(
      fc.property(samples, fc.boolean(), (sample, hasResidual) => {
        const matrix = convMatrix(sample, false, hasResidual);
        const { steps, shift, multipliers } = quantizeConv(matrix);
        const unit = 2 ** (15 + shift + (hasResidual ? 4 : 0));
        multipliers.forEach((multiplier, n) => {
          expect((multiplier * sample.output) / unit / steps[n]).toBeCloseTo(1, 5);
          // A shifted sum saturates at 2^15: that must lie beyond 255 steps of the output.
          expect(multiplier / (hasResidual ? 16 : 1)).toBeGreaterThanOrEqual(256);
        });
      }),
    );
  });

  it('is the same for weights that are already multiples of the steps', () => {
    fc.assert(
      fc.property(samples, fc.boolean(), fc.boolean(), (sample, isFloat, hasResidual) => {
        const matrix = convMatrix(sample, isFloat, !isFloat && hasResidual);
        const once = quantizeConv(matrix);
        const stored = once.weights.map((level) => level);
        const scales = Float32Array.from(once.steps, (step) => step / INPUT);
        const levels = { values: stored, scales };
        const data = dequantize(levels);
        const twice = quantizeConv({ ...matrix, weight: { data } });
        expect(twice.weights).toEqual(once.weights);
        expect(twice.multipliers).toEqual(once.multipliers);
        expect(twice.shift).toBe(once.shift);
        const read = quantizeConv({ ...matrix, weight: { data: UNREAD, levels } });
        expect(read).toEqual(twice);
        expect(read.weights).toBe(stored);
      }),
    );
  });

  it('is the same from stored levels as from their floats, whatever their steps', () => {
    fc.assert(
      fc.property(
        samples,
        fc.boolean(),
        fc.double({ min: -1, max: 2 }),
        (sample, isFloat, size) => {
          const random = deriveRandom(sample.seed);
          const matrix = convMatrix(sample, isFloat, false);
          const values = Int8Array.from(matrix.weight.data, () => random.between(-128, 128));
          const steps = Float32Array.from(
            quantizeConv(matrix).steps,
            (step) => (step * size) / INPUT,
          );
          for (const scales of [steps, matrix.bias]) {
            const levels = { values, scales };
            const data = dequantize(levels);
            const [fromFloats, fromLevels] = [{ data }, { data, levels }].map((weight) =>
              attempt(() => quantizeConv({ ...matrix, weight })),
            );
            expect(fromLevels).toEqual(fromFloats);
          }
        },
      ),
    );
  });

  it('fails where a scale is far too small for the weights', () => {
    const matrix = convMatrix(
      { seed: 1, channels: 2, filters: 2, spread: 1, output: 1e-6 },
      false,
      false,
    );
    expect(() => quantizeConv(matrix)).toThrow(expect.objectContaining({ code: 'MODEL_METADATA' }));
  });
});

describe('a quantized depthwise convolution', () => {
  const filters = fc.record({
    seed: fc.integer(),
    channels: fc.integer({ min: 1, max: 12 }),
    size: fc.constantFrom(0, 0.01, 1, 5),
  });
  const filterOf = ({ seed, channels, size }: Record<string, number>): DepthwiseFilter => {
    const random = deriveRandom(seed);
    const draw = () => random.between(-size, size);
    return {
      weight: Float32Array.from({ length: 9 * channels }, draw),
      bias: Float32Array.from({ length: channels }, draw),
      input: Float32Array.from({ length: channels }, () => random.between(0.001, 0.024)),
      output: new Float32Array(channels).fill(6 / 255),
    };
  };

  it('never overflows 16 bits, and uses all bits that it can', () => {
    fc.assert(
      fc.property(filters, (sample) => {
        const filter = filterOf(sample);
        const words = quantizeDepthwise(filter);
        const { channels } = sample;
        for (let c = 0; c < channels; c++) {
          let most = Math.abs(words[9 * channels + c]);
          for (let tap = 0; tap < 9; tap++) most += Math.abs(words[tap * channels + c] * 255) / 256;
          expect(most).toBeLessThan(2 ** 15);
          const bits = 15 - Math.log2(words[10 * channels + c]);
          if (bits < 15) expect(most).toBeGreaterThan(2 ** 14 - 20);
        }
      }),
    );
  });

  it('keeps one bit where weights are very large', () => {
    const words = quantizeDepthwise(filterOf({ seed: 1, channels: 3, size: 30 }));
    expect([...words.subarray(30)]).toEqual([2 ** 14, 2 ** 14, 2 ** 14]);
  });

  it('fails where a scale is far too small for the weights', () => {
    const filter = {
      ...filterOf({ seed: 1, channels: 2, size: 1 }),
      output: new Float32Array([1e-6, 1]),
    };
    expect(() => quantizeDepthwise(filter)).toThrow(
      expect.objectContaining({ code: 'MODEL_METADATA' }),
    );
  });
});
