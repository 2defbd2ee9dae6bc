/** Layers in float64, written like their definitions: the reference for gradients. */
import { convGeometry, depthwiseGeometry } from '../../src/model/geometry.ts';
import type { Activation, ConvLayer, DepthwiseLayer, MaxPoolLayer } from '../../src/model/graph.ts';
import { poolSize } from '../../src/model/graph.ts';

export interface Array4 {
  shape: [number, number, number, number];
  data: Float64Array;
}

export function array4(shape: Array4['shape'], data?: ArrayLike<number>): Array4 {
  return { shape, data: data ? Float64Array.from(data) : new Float64Array(size(shape)) };
}

const size = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

function index([, h, w, c]: Array4['shape'], b: number, y: number, x: number, k: number): number {
  return ((b * h + y) * w + x) * c + k;
}

/** Calls `visit` for every position of the shape. */
function forEach4(
  [batch, height, width, channels]: Array4['shape'],
  visit: (b: number, y: number, x: number, c: number) => void,
): void {
  for (let b = 0; b < batch; b++)
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++) for (let c = 0; c < channels; c++) visit(b, y, x, c);
}

export function activate(x: Array4, activation: Activation | undefined): Array4 {
  if (!activation) return x;
  const high = activation === 'relu6' ? 6 : Number.POSITIVE_INFINITY;
  return { shape: x.shape, data: x.data.map((value) => Math.min(Math.max(value, 0), high)) };
}

export function conv(
  x: Array4,
  layer: ConvLayer,
  weight: ArrayLike<number>,
  bias?: ArrayLike<number>,
): Array4 {
  const g = convGeometry(x.shape, layer);
  const y = array4([g.batch, g.outHeight, g.outWidth, g.filters]);
  forEach4(y.shape, (b, oy, ox, n) => {
    let sum = bias?.[n] ?? 0;
    for (let ky = 0; ky < g.kernelHeight; ky++) {
      for (let kx = 0; kx < g.kernelWidth; kx++) {
        const iy = oy * g.stride + ky * g.dilation - g.padTop;
        const ix = ox * g.stride + kx * g.dilation - g.padLeft;
        if (iy < 0 || ix < 0 || iy >= g.height || ix >= g.width) continue;
        for (let c = 0; c < g.channels; c++) {
          const w = weight[((ky * g.kernelWidth + kx) * g.channels + c) * g.filters + n];
          sum += x.data[index(x.shape, b, iy, ix, c)] * w;
        }
      }
    }
    y.data[index(y.shape, b, oy, ox, n)] = sum;
  });
  return y;
}

export function depthwise(
  x: Array4,
  layer: DepthwiseLayer,
  weight: ArrayLike<number>,
  bias: ArrayLike<number>,
): Array4 {
  const g = depthwiseGeometry(x.shape, layer);
  const y = array4([g.batch, g.outHeight, g.outWidth, g.channels]);
  forEach4(y.shape, (b, oy, ox, c) => {
    let sum = bias[c];
    for (let ky = 0; ky < layer.kernel; ky++) {
      for (let kx = 0; kx < layer.kernel; kx++) {
        const iy = oy * g.stride + ky - g.padTop;
        const ix = ox * g.stride + kx - g.padLeft;
        if (iy < 0 || ix < 0 || iy >= g.height || ix >= g.width) continue;
        const w = weight[(ky * layer.kernel + kx) * g.channels + c];
        sum += x.data[index(x.shape, b, iy, ix, c)] * w;
      }
    }
    y.data[index(y.shape, b, oy, ox, c)] = sum;
  });
  return y;
}

/** @param weight [2, 2, in, filters] */
export function deconv(
  x: Array4,
  filters: number,
  weight: ArrayLike<number>,
  bias: ArrayLike<number>,
): Array4 {
  const [batch, height, width, channels] = x.shape;
  const y = array4([batch, 2 * height, 2 * width, filters]);
  forEach4(y.shape, (b, oy, ox, n) => {
    let sum = bias[n];
    const tap = (oy % 2) * 2 + (ox % 2);
    for (let c = 0; c < channels; c++) {
      const value = x.data[index(x.shape, b, oy >> 1, ox >> 1, c)];
      sum += value * weight[(tap * channels + c) * filters + n];
    }
    y.data[index(y.shape, b, oy, ox, n)] = sum;
  });
  return y;
}

export function maxPool(x: Array4, layer: MaxPoolLayer): Array4 {
  const [batch, height, width, channels] = x.shape;
  const y = array4([batch, poolSize(height, layer), poolSize(width, layer), channels]);
  forEach4(y.shape, (b, oy, ox, c) => {
    let most = Number.NEGATIVE_INFINITY;
    for (let ky = 0; ky < layer.size; ky++) {
      for (let kx = 0; kx < layer.size; kx++) {
        const iy = oy * layer.stride + ky - layer.padding;
        const ix = ox * layer.stride + kx - layer.padding;
        if (iy < 0 || ix < 0 || iy >= height || ix >= width) continue;
        most = Math.max(most, x.data[index(x.shape, b, iy, ix, c)]);
      }
    }
    y.data[index(y.shape, b, oy, ox, c)] = most;
  });
  return y;
}

export function l2norm(x: Array4, scale: ArrayLike<number>): Array4 {
  const y = array4(x.shape);
  const channels = x.shape[3];
  for (let at = 0; at < x.data.length; at += channels) {
    let sum = 1e-10;
    for (let c = 0; c < channels; c++) sum += x.data[at + c] ** 2;
    for (let c = 0; c < channels; c++) {
      y.data[at + c] = (x.data[at + c] / Math.sqrt(sum)) * scale[c];
    }
  }
  return y;
}

/** @param statistics statistics to use; default: those of the batch */
export function batchNorm(
  x: Array4,
  gamma: ArrayLike<number>,
  beta: ArrayLike<number>,
  statistics?: { mean: ArrayLike<number>; variance: ArrayLike<number> },
): Array4 {
  const channels = x.shape[3];
  const { mean, variance } = statistics ?? moments(x);
  const data = x.data.map((value, i) => {
    const c = i % channels;
    return ((value - mean[c]) / Math.sqrt(variance[c] + 1e-5)) * gamma[c] + beta[c];
  });
  return { shape: x.shape, data };
}

/** Mean and (biased) variance of every channel. */
function moments({ shape, data }: Array4) {
  const channels = shape[3];
  const count = data.length / channels;
  const mean = new Float64Array(channels);
  const variance = new Float64Array(channels);
  for (let i = 0; i < data.length; i++) mean[i % channels] += data[i] / count;
  for (let i = 0; i < data.length; i++) {
    variance[i % channels] += (data[i] - mean[i % channels]) ** 2 / count;
  }
  return { mean, variance };
}

export function add(a: Array4, b: Array4): Array4 {
  return { shape: a.shape, data: a.data.map((value, i) => value + b.data[i]) };
}
