/**
 * Tensors of a foreign file. They are lazy: importing a checkpoint holds the file, the finished
 * weights and one tensor in between, never a second copy of all.
 */
import type { WeightTensor } from '../model/graph.ts';

export interface SourceTensor extends Pick<WeightTensor, 'levels'> {
  readonly shape: readonly number[];
  /** Row-major float32 elements; may be a view of the file's bytes. */
  read(): Float32Array;
}

export type SourceTensors = ReadonlyMap<string, SourceTensor>;

/** More dimensions than any tensor of a network has. */
const MAX_RANK = 8;

/** Number of elements, or undefined when the sizes are invalid or overflow 2^53. */
export function elementCount(shape: unknown): number | undefined {
  if (!isSizes(shape)) return undefined;
  // Without the zeros first: 2^60 · 2^60 · 0 is zero, but no product along the way may be unsafe.
  if (shape.includes(0)) return 0;
  const count = shape.reduce((product, size) => product * size, 1);
  return Number.isSafeInteger(count) ? count : undefined;
}

/** Whether a foreign value is a list of at most eight non-negative integers. */
export function isSizes(value: unknown): value is number[] {
  return (
    Array.isArray(value) &&
    value.length <= MAX_RANK &&
    value.every((size) => Number.isSafeInteger(size) && size >= 0)
  );
}

/** Strides of a row-major tensor, in elements. */
export function rowMajorStrides(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis];
  }
  return strides;
}

/** Row-major copy of the strided elements of `data`. */
export function gather(
  data: Float32Array,
  shape: readonly number[],
  strides: readonly number[],
): Float32Array {
  const out = new Float32Array(shape.reduce((a, b) => a * b, 1));
  const last = shape.length - 1;
  let to = 0;
  const walk = (axis: number, from: number): void => {
    const size = shape[axis];
    const stride = strides[axis];
    if (axis === last) for (let i = 0; i < size; i++) out[to++] = data[from + i * stride];
    else for (let i = 0; i < size; i++) walk(axis + 1, from + i * stride);
  };
  if (last < 0) out[0] = data[0];
  else walk(0, 0);
  return out;
}

/** The same elements under another shape and other strides: a transpose, a strided slice. */
export function restrided(
  tensor: SourceTensor,
  shape: readonly number[],
  strides: readonly number[],
): SourceTensor {
  return { shape, read: () => gather(tensor.read(), shape, strides) };
}

/** Axis i of the result is axis `axes[i]` of the tensor; another rank is left for the shape check. */
export function permuted(tensor: SourceTensor, axes: readonly number[]): SourceTensor {
  const { shape } = tensor;
  if (shape.length !== axes.length) return tensor;
  const strides = rowMajorStrides(shape);
  return restrided(
    tensor,
    axes.map((axis) => shape[axis]),
    axes.map((axis) => strides[axis]),
  );
}

/** Element-wise function of one or two equally long tensors. */
export function mapped(
  tensor: SourceTensor,
  f: (value: number, index: number) => number,
): SourceTensor {
  return { shape: tensor.shape, read: () => tensor.read().map(f) };
}
