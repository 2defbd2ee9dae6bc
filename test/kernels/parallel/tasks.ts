/** Random layers on a heap, ready for {@link LayerHost.run}. */
import fc from 'fast-check';
import type {
  ConvGeometry,
  DepthwiseGeometry,
} from '../../../src/kernels/layers/layer-geometry.ts';
import type { LayerHost } from '../../../src/kernels/layers/layer-host.ts';
import { PANEL_COLUMNS } from '../../../src/kernels/layers/parts.ts';
import { WINOGRAD_POINTS } from '../../../src/kernels/layers/winograd.ts';
import type { Kernels } from '../../../src/kernels/module.ts';
import type { ParallelKernel, TaskArguments } from '../../../src/kernels/parallel/board.ts';
import { deriveRandom, type Random } from '../../../src/random.ts';
import { upload } from '../helpers.ts';

export interface LayerTask {
  kernel: ParallelKernel;
  /** Writes the shape. */
  prepare(host: LayerHost): { args: TaskArguments<ParallelKernel>; scratchBytes?: number };
  /** Address and number of floats of the output. */
  output: number;
  length: number;
  /** Number of items that the task can be cut into. */
  total: number;
  free(): void;
}

const side = fc.integer({ min: 1, max: 13 });
const seed = fc.integer();
const window = fc.record({
  batch: fc.integer({ min: 1, max: 2 }),
  outHeight: side,
  outWidth: side,
  channels: fc.integer({ min: 1, max: 21 }),
  stride: fc.integer({ min: 1, max: 2 }),
});

/** A buffer of random floats, and one for the output. */
class Buffers {
  readonly #kernels: Kernels;
  readonly #random: Random;
  readonly #pointers: number[] = [];

  constructor(kernels: Kernels, start: number) {
    this.#kernels = kernels;
    this.#random = deriveRandom(start);
  }

  floats(length: number): number {
    const values = Float32Array.from({ length }, () => this.#random.between(-1, 1));
    const pointer = upload(this.#kernels, values);
    this.#pointers.push(pointer);
    return pointer;
  }

  free = () => {
    for (const pointer of this.#pointers) this.#kernels.heap.free(pointer);
  };
}

type ConvSample = Omit<ConvGeometry, 'height' | 'width' | 'kernelHeight' | 'kernelWidth'> & {
  kernel: number;
  seed: number;
  residual: boolean;
  byPanels: boolean;
};

export function convTask(kernels: Kernels): fc.Arbitrary<LayerTask> {
  const own = fc.record({
    filters: fc.integer({ min: 1, max: 37 }),
    kernel: fc.constantFrom(1, 3),
    dilation: fc.integer({ min: 1, max: 2 }),
    padTop: fc.integer({ min: 0, max: 1 }),
    padLeft: fc.integer({ min: 0, max: 1 }),
    residual: fc.boolean(),
    byPanels: fc.boolean(),
    seed,
  });
  return fc.tuple(window, own).map(([a, b]) => convolution(kernels, { ...a, ...b }));
}

/** A task that keeps every thread busy for some milliseconds, in many parts of four pixels. */
export function largeConvTask(kernels: Kernels): LayerTask {
  const map = { batch: 1, outHeight: 32, outWidth: 31, channels: 64, filters: 35 };
  const filter = { kernel: 3, stride: 1, dilation: 1, padTop: 1, padLeft: 1 };
  return convolution(kernels, { ...map, ...filter, residual: true, byPanels: false, seed: 1 });
}

function convolution(
  kernels: Kernels,
  { kernel, seed: start, residual, byPanels, ...shape }: ConvSample,
): LayerTask {
  const { batch, outHeight, outWidth, channels, filters, stride, dilation } = shape;
  const extent = (n: number) => (n - 1) * stride + (kernel - 1) * dilation + 1;
  const height = Math.max(1, extent(outHeight) - 2 * shape.padTop);
  const width = Math.max(1, extent(outWidth) - 2 * shape.padLeft);
  const geometry = { ...shape, height, width, kernelHeight: kernel, kernelWidth: kernel };
  const pixels = batch * outHeight * outWidth;
  const panels = Math.ceil(filters / PANEL_COLUMNS);
  const buffers = new Buffers(kernels, start);
  const x = buffers.floats(batch * height * width * channels);
  const filter = buffers.floats(panels * PANEL_COLUMNS * (1 + kernel * kernel * channels));
  const y = buffers.floats(pixels * filters);
  const added = residual ? buffers.floats(pixels * filters) : 0;
  return {
    kernel: 'convolve',
    prepare(host) {
      host.writeConv(geometry);
      const scratchBytes = kernels.convolveScratch(host.shape);
      return { args: [host.shape, x, filter, y, added, -1, 6, Number(byPanels)], scratchBytes };
    },
    output: y,
    length: pixels * filters,
    total: byPanels ? panels : pixels,
    free: buffers.free,
  };
}

export function winogradTask(kernels: Kernels): fc.Arbitrary<LayerTask> {
  const shapes = fc.record({
    batch: fc.integer({ min: 1, max: 2 }),
    outHeight: side,
    outWidth: side,
    channels: fc.integer({ min: 1, max: 6 }).map((quarter) => 4 * quarter),
    filters: fc.integer({ min: 1, max: 37 }),
    residual: fc.boolean(),
    byPanels: fc.boolean(),
    seed,
  });
  return shapes.map(({ residual, byPanels, seed: start, ...shape }) => {
    const { batch, outHeight: height, outWidth: width, channels, filters } = shape;
    const window = { kernelHeight: 3, kernelWidth: 3, stride: 1, dilation: 1 };
    const geometry = { ...shape, ...window, height, width, padTop: 1, padLeft: 1 };
    const panels = Math.ceil(filters / PANEL_COLUMNS);
    const buffers = new Buffers(kernels, start);
    const x = buffers.floats(batch * height * width * channels);
    const filter = buffers.floats(panels * PANEL_COLUMNS * (1 + WINOGRAD_POINTS * channels));
    const length = batch * height * width * filters;
    const y = buffers.floats(length);
    const added = residual ? buffers.floats(length) : 0;
    const tiles = batch * Math.ceil(height / 4) * Math.ceil(width / 4);
    return {
      kernel: 'winograd',
      prepare(host) {
        host.writeConv(geometry);
        const scratchBytes = kernels.winogradScratch(host.shape);
        return { args: [host.shape, x, filter, y, added, -1, 6, Number(byPanels)], scratchBytes };
      },
      output: y,
      length,
      total: byPanels ? panels : tiles,
      free: buffers.free,
    };
  });
}

export function depthwiseTask(kernels: Kernels): fc.Arbitrary<LayerTask> {
  return fc.tuple(window, seed).map(([shape, start]) => {
    const { batch, outHeight, outWidth, channels, stride } = shape;
    const height = (outHeight - 1) * stride + 1;
    const width = (outWidth - 1) * stride + 1;
    const geometry: DepthwiseGeometry = { ...shape, height, width, padTop: 1, padLeft: 1 };
    const buffers = new Buffers(kernels, start);
    const [x, filter, bias] = [batch * height * width, 9, 1].map((n) =>
      buffers.floats(n * channels),
    );
    const length = batch * outHeight * outWidth * channels;
    const y = buffers.floats(length);
    return {
      kernel: 'depthwise',
      prepare(host) {
        host.writeDepthwise(geometry);
        return { args: [host.shape, x, filter, y, bias, 0, 0, 6] };
      },
      output: y,
      length,
      total: batch * outHeight,
      free: buffers.free,
    };
  });
}

export function rearrangeTask(kernels: Kernels): fc.Arbitrary<LayerTask> {
  return fc.tuple(window, seed).map(([{ outHeight, outWidth, channels }, start]) => {
    const buffers = new Buffers(kernels, start);
    const length = outHeight * outWidth * 4 * channels;
    const [wide, high] = [buffers.floats(length), buffers.floats(length)];
    return {
      kernel: 'depthToSpace',
      prepare: () => ({ args: [wide, high, outWidth, channels] }),
      output: high,
      length,
      total: outHeight,
      free: buffers.free,
    };
  });
}
