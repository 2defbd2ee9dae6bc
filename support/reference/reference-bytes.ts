/** Layers on 8-bit maps, number by number: the reference for the kernels of 8-bit inference. */
import type { ByteOutput } from '../../src/kernels/layers/byte-layers.ts';
import type { ConvGeometry, DepthwiseGeometry } from '../../src/kernels/layers/layer-geometry.ts';
import type { QuantizedConv } from '../../src/model/int8/quantize-conv.ts';

export type Bytes = Int8Array | Uint8Array;

const WORD = { least: -(2 ** 15), most: 2 ** 15 - 1 };
const BYTE = { signed: { least: -128, most: 127 }, unsigned: { least: 0, most: 255 } };

function saturate(value: number, { least, most }: { least: number; most: number }): number {
  return Math.max(least, Math.min(most, value));
}

/** a · b / 2^15, rounded to the nearest, halves up. */
function multiplyWords(a: number, b: number): number {
  return saturate(Math.floor((a * b + 2 ** 14) / 2 ** 15), WORD);
}

/** @param residual a map of the output's shape */
export function convBytes(
  g: ConvGeometry,
  x: Bytes,
  conv: QuantizedConv,
  output: ByteOutput,
  residual?: Bytes,
): Bytes | Float32Array {
  const size = g.batch * g.outHeight * g.outWidth * g.filters;
  const y = { signed: Int8Array, unsigned: Uint8Array, float: Float32Array }[output];
  const found = new y(size);
  let at = 0;
  forEachWindow(g, (taps) => {
    for (let n = 0; n < g.filters; n++, at++) {
      let sum = conv.starts[n];
      for (const { pixel, tap } of taps) {
        for (let c = 0; c < g.channels; c++) {
          sum += x[pixel * g.channels + c] * conv.weights[(tap * g.channels + c) * g.filters + n];
        }
      }
      if (output === 'float') {
        found[at] = Math.fround(Math.fround(sum) * Math.fround(conv.steps[n]));
        continue;
      }
      const shifted = saturate(Math.floor(sum / 2 ** conv.shift), WORD);
      let value = multiplyWords(shifted, conv.multipliers[n]);
      if (residual) {
        const added = multiplyWords(residual[at] * 2 ** 7, conv.residualMultipliers[n]);
        const sixteenths = saturate(saturate(value + added, WORD) + 8, WORD);
        value = Math.floor(sixteenths / 16);
      }
      found[at] = saturate(value, BYTE[output]);
    }
  });
  return found;
}

/** @param words [3, 3, channels] weights, [channels] starts, [channels] multipliers */
export function depthwiseBytes(g: DepthwiseGeometry, x: Uint8Array, words: Int16Array): Uint8Array {
  const { channels } = g;
  const y = new Uint8Array(g.batch * g.outHeight * g.outWidth * channels);
  let at = 0;
  forEachWindow({ ...g, kernelHeight: 3, kernelWidth: 3, dilation: 1 }, (taps) => {
    for (let c = 0; c < channels; c++, at++) {
      let sum = words[9 * channels + c];
      for (const { pixel, tap } of taps) {
        const product = multiplyWords(x[pixel * channels + c] * 2 ** 7, words[tap * channels + c]);
        sum = saturate(sum + product, WORD);
      }
      y[at] = saturate(multiplyWords(sum, words[10 * channels + c]), BYTE.unsigned);
    }
  });
  return y;
}

/** Rounds to the nearest, halves to even. */
export function quantizeFloats(x: Float32Array, inverse: number): Int8Array {
  return Int8Array.from(x, (value) => {
    const scaled = Math.fround(value * Math.fround(inverse));
    const floor = Math.floor(scaled);
    const rest = scaled - floor;
    const isUp = rest > 0.5 || (rest === 0.5 && floor % 2 !== 0);
    return Number.isNaN(scaled) ? 0 : saturate(isUp ? floor + 1 : floor, BYTE.signed);
  });
}

type Window = Omit<ConvGeometry, 'channels' | 'filters'>;

/** Calls `visit` for every output pixel with the pixels under its taps that lie inside the map. */
function forEachWindow(
  g: Window,
  visit: (taps: readonly { pixel: number; tap: number }[]) => void,
): void {
  for (let b = 0; b < g.batch; b++) {
    for (let outY = 0; outY < g.outHeight; outY++) {
      for (let outX = 0; outX < g.outWidth; outX++) {
        const taps = [];
        for (let tap = 0; tap < g.kernelHeight * g.kernelWidth; tap++) {
          const row = Math.floor(tap / g.kernelWidth) * g.dilation + outY * g.stride - g.padTop;
          const column = (tap % g.kernelWidth) * g.dilation + outX * g.stride - g.padLeft;
          if (row < 0 || column < 0 || row >= g.height || column >= g.width) continue;
          taps.push({ pixel: (b * g.height + row) * g.width + column, tap });
        }
        visit(taps);
      }
    }
  }
}
