/**
 * Symmetric int8 quantization per output channel: weight ≈ scale[channel] · q, q in -127..127. In a
 * file the scales of tensor `x` are the float32 tensor `x.scale`.
 */
import type { Levels } from '../model/graph.ts';

export const SCALE_SUFFIX = '.scale';
const LEVELS = 127;

/**
 * Output channels of a kernel: the last axis, or the third where the last is 1, as in a depthwise
 * kernel [kh, kw, channels, 1]. Either way the channel of element i is i mod channels.
 */
export function outputChannels(shape: readonly number[]): number {
  const last = shape.at(-1) ?? 1;
  return last > 1 ? last : (shape.at(-2) ?? 1);
}

/** One scale per channel: the largest magnitude becomes 127. A channel of zeros has scale 0. */
export function channelScales(values: Float32Array, channels: number): Float32Array {
  const scales = new Float32Array(channels);
  for (let i = 0, c = 0; i < values.length; i++) {
    const magnitude = Math.abs(values[i]);
    if (magnitude > scales[c]) scales[c] = magnitude;
    if (++c === channels) c = 0;
  }
  return scales.map((max) => max / LEVELS);
}

/** Rounds to the nearest level; the error is at most half a scale. */
export function quantize(values: Float32Array, scales: Float32Array, out: Int8Array): void {
  const channels = scales.length;
  for (let i = 0, c = 0; i < values.length; i++) {
    // The clamp is for scales that rounding made a little too small.
    if (scales[c] > 0)
      out[i] = Math.max(-LEVELS, Math.min(LEVELS, Math.round(values[i] / scales[c])));
    if (++c === channels) c = 0;
  }
}

export function dequantize({ values, scales }: Levels): Float32Array {
  const out = new Float32Array(values.length);
  const channels = scales.length;
  for (let i = 0, c = 0; i < values.length; i++) {
    out[i] = values[i] * scales[c];
    if (++c === channels) c = 0;
  }
  return out;
}
