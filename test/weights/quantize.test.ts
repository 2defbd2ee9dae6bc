import fc from 'fast-check';
import { expect, it } from 'vitest';
import { channelScales, dequantize, outputChannels, quantize } from '../../src/weights/quantize.ts';

function roundTrip(values: Float32Array, channels: number) {
  const scales = channelScales(values, channels);
  const levels = new Int8Array(values.length);
  quantize(values, scales, levels);
  return { scales, levels, restored: dequantize({ values: levels, scales }) };
}

it('quantizes along the output channels', () => {
  expect(outputChannels([3, 3, 16, 32])).toBe(32);
  expect(outputChannels([1, 1, 16, 4])).toBe(4);
  expect(outputChannels([3, 3, 16, 1])).toBe(16);
});

it('has an error of at most half a scale for any values', () => {
  const value = fc.float({ min: -1e6, max: 1e6, noNaN: true });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5 }), fc.array(value), (channels, list) => {
      const values = Float32Array.from(list.slice(0, list.length - (list.length % channels)));
      const { scales, restored } = roundTrip(values, channels);
      for (const [i, restoredValue] of restored.entries()) {
        const scale = scales[i % channels];
        // Beyond half a scale: float32 rounding, and scales that underflow.
        const bound = scale * 0.5001 + 1e-42;
        expect(Math.abs(restoredValue - values[i])).toBeLessThanOrEqual(bound);
      }
    }),
  );
});

it('gives every channel its own scale', () => {
  const { scales, levels } = roundTrip(Float32Array.of(1, 100, -0.25, 127), 2);
  expect([...scales]).toEqual([Math.fround(1 / 127), 1]);
  expect([...levels]).toEqual([127, 100, -32, 127]);
});

it('keeps a channel of zeros', () => {
  const { restored } = roundTrip(Float32Array.of(0, 1, 0, -1), 2);
  expect([...restored]).toEqual([0, 1, 0, -1].map(Math.fround));
});
