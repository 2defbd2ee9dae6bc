/** Sizes and padding of convolutions on concrete maps. */
import type { ConvGeometry, DepthwiseGeometry } from '../kernels/layers/layer-geometry.ts';
import { type ConvLayer, convSize, type DepthwiseLayer, type Padding } from './graph.ts';

type MapShape = readonly [batch: number, height: number, width: number, channels: number];

/** Geometry of a convolution on a map [B, height, width, channels]. */
export function convGeometry(
  [batch, height, width, channels]: MapShape,
  { filters, kernel, stride, dilation, padding }: ConvLayer,
): ConvGeometry {
  const window = (kernel - 1) * dilation + 1;
  return {
    batch,
    height,
    width,
    channels,
    outHeight: convSize(height, window, stride, padding),
    outWidth: convSize(width, window, stride, padding),
    filters,
    kernelHeight: kernel,
    kernelWidth: kernel,
    stride,
    dilation,
    padTop: padBefore(height, window, stride, padding),
    padLeft: padBefore(width, window, stride, padding),
  };
}

/** Geometry of a depthwise convolution on a map [B, height, width, channels]. */
export function depthwiseGeometry(
  [batch, height, width, channels]: MapShape,
  { kernel, stride, padding }: DepthwiseLayer,
): DepthwiseGeometry {
  return {
    batch,
    height,
    width,
    channels,
    outHeight: convSize(height, kernel, stride, padding),
    outWidth: convSize(width, kernel, stride, padding),
    stride,
    padTop: padBefore(height, kernel, stride, padding),
    padLeft: padBefore(width, kernel, stride, padding),
  };
}

/** SAME puts the odd row or column at the end. */
function padBefore(n: number, window: number, stride: number, padding: Padding): number {
  if (padding !== 'same') return padding;
  const total = (convSize(n, window, stride, padding) - 1) * stride + window - n;
  return Math.floor(Math.max(total, 0) / 2);
}
