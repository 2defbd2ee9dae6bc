/** Shapes of convolutions, as numbers and as the blocks that the kernels read. */
import type { Heap } from '../heap.ts';

/** Fields of class ConvShape in assembly/patches.ts, in memory order. */
const CONV_FIELDS = [
  'batch',
  'height',
  'width',
  'channels',
  'outHeight',
  'outWidth',
  'filters',
  'kernelHeight',
  'kernelWidth',
  'stride',
  'dilation',
  'padTop',
  'padLeft',
] as const;

/** Fields of class DepthwiseShape in assembly/depthwise.ts, in memory order. */
const DEPTHWISE_FIELDS = [
  'batch',
  'height',
  'width',
  'channels',
  'outHeight',
  'outWidth',
  'stride',
  'padTop',
  'padLeft',
] as const;

/** From [batch, height, width, channels] to [batch, outHeight, outWidth, filters]. */
export type ConvGeometry = Record<(typeof CONV_FIELDS)[number], number>;

export type DepthwiseGeometry = Record<(typeof DEPTHWISE_FIELDS)[number], number>;

export const GEOMETRY_BYTES = 4 * CONV_FIELDS.length;

export function writeConvGeometry(heap: Heap, pointer: number, geometry: ConvGeometry): void {
  const view = new Int32Array(heap.memory.buffer, pointer, CONV_FIELDS.length);
  for (let i = 0; i < CONV_FIELDS.length; i++) view[i] = geometry[CONV_FIELDS[i]];
}

export function writeDepthwiseGeometry(
  heap: Heap,
  pointer: number,
  geometry: DepthwiseGeometry,
): void {
  const view = new Int32Array(heap.memory.buffer, pointer, DEPTHWISE_FIELDS.length);
  for (let i = 0; i < DEPTHWISE_FIELDS.length; i++) view[i] = geometry[DEPTHWISE_FIELDS[i]];
}
