/** Random layers on 8-bit maps, with the numbers of the reference. */
import fc from 'fast-check';
import {
  type Address,
  ByteConv,
  ByteDepthwise,
  ConvShape,
  DepthwiseShape,
} from '../../../src/kernels/generated/abi.ts';
import { uint8View } from '../../../src/kernels/heap.ts';
import { writeRecord } from '../../../src/kernels/heap-records.ts';
import { BYTE_OUTPUTS } from '../../../src/kernels/layers/byte-layers.ts';
import type { Kernels } from '../../../src/kernels/module.ts';
import { packPanels, pieceSize } from '../../../src/model/int8/pack-panels.ts';
import type { QuantizedConv } from '../../../src/model/int8/quantize-conv.ts';
import { deriveRandom, type Random } from '../../../src/random.ts';
import { convBytes, depthwiseBytes } from '../../../support/reference/reference-bytes.ts';
import type { LayerTask } from '../parallel/tasks.ts';

export interface ByteTask extends LayerTask {
  /** The output's bytes. */
  expected: Uint8Array;
}

const side = fc.integer({ min: 1, max: 14 });
const sizes = {
  batch: fc.integer({ min: 1, max: 2 }),
  height: side,
  width: side,
  stride: fc.integer({ min: 1, max: 2 }),
  padTop: fc.integer({ min: 0, max: 1 }),
  padLeft: fc.integer({ min: 0, max: 1 }),
  seed: fc.integer(),
};

/** Buffers of one task. */
class Buffers {
  readonly #kernels: Kernels;
  readonly #pointers: Address[] = [];

  constructor(kernels: Kernels) {
    this.#kernels = kernels;
  }

  /** Copies values into the heap. */
  put({ buffer, byteOffset, byteLength }: ArrayBufferView): Address {
    const pointer = this.empty(byteLength);
    const bytes = new Uint8Array(buffer, byteOffset, byteLength);
    uint8View(this.#kernels.heap, pointer, byteLength).set(bytes);
    return pointer;
  }

  empty(bytes: number): Address {
    const pointer = this.#kernels.heap.malloc(bytes);
    this.#pointers.push(pointer);
    return pointer;
  }

  free = () => {
    for (const pointer of this.#pointers) this.#kernels.heap.free(pointer);
  };
}

/** Mostly random integers, and often one of the limits. */
function integers<T extends Int8Array | Uint8Array | Int16Array | Int32Array>(
  random: Random,
  target: T,
  least: number,
  most: number,
): T {
  return target.map(() => {
    if (random.next() < 0.1) return random.next() < 0.5 ? least : most;
    return Math.floor(random.between(least, most + 1));
  }) as T;
}

const convSamples = fc.record({
  ...sizes,
  channels: fc.integer({ min: 1, max: 37 }),
  filters: fc.integer({ min: 1, max: 27 }),
  kernel: fc.constantFrom(1, 1, 3),
  dilation: fc.constantFrom(1, 1, 2),
  output: fc.constantFrom(...BYTE_OUTPUTS),
  isSigned: fc.boolean(),
  residual: fc.constantFrom(undefined, 'signed' as const, 'unsigned' as const),
  shift: fc.integer({ min: 0, max: 20 }),
  /** Small starts leave the sums within the range of the output; large ones saturate. */
  start: fc.constantFrom(2 ** 8, 2 ** 14, 2 ** 20, 2 ** 30),
});

/** @param byPanels whether the items are panels of the filter, or pixels */
export function byteConvTask(kernels: Kernels, byPanels = false): fc.Arbitrary<ByteTask> {
  return convSamples.map((sample) => {
    const { seed, kernel, dilation, channels, filters, height, width, stride, output, shift } =
      sample;
    const { padTop, padLeft, batch, isSigned } = sample;
    const random = deriveRandom(seed);
    const window = (kernel - 1) * dilation + 1;
    const out = (n: number, pad: number) => Math.ceil((n + pad - Math.min(window, n)) / stride) + 1;
    const geometry = {
      ...{ batch, height, width, channels, filters, stride, dilation, padTop, padLeft },
      ...{ kernelHeight: kernel, kernelWidth: kernel },
      ...{ outHeight: out(height, padTop), outWidth: out(width, padLeft) },
    };
    const outputs = batch * geometry.outHeight * geometry.outWidth * filters;
    const conv: QuantizedConv = {
      weights: integers(random, new Int8Array(kernel ** 2 * channels * filters), -127, 127),
      steps: Float64Array.from({ length: filters }, () => Math.fround(random.between(1e-5, 1))),
      starts: integers(random, new Int32Array(filters), -sample.start, sample.start),
      shift,
      multipliers: integers(random, new Int16Array(filters), 0, 32767),
      residualMultipliers: integers(random, new Int16Array(filters), 0, 32767),
    };
    const map = (size: number, hasSign: boolean) =>
      hasSign
        ? integers(random, new Int8Array(size), -128, 127)
        : integers(random, new Uint8Array(size), 0, 255);
    const x = map(batch * height * width * channels, isSigned);
    const added = output === 'float' ? undefined : sample.residual;
    const residual = added && map(outputs, added === 'signed');
    const y = convBytes(geometry, x, conv, output, residual);
    const expected = new Uint8Array(y.buffer);

    const buffers = new Buffers(kernels);
    const length = Math.ceil(expected.length / 4);
    const target = buffers.empty(4 * length);
    const shape = buffers.empty(ConvShape.bytes);
    const record = buffers.empty(ByteConv.bytes);
    const panels = packPanels(conv, pieceSize(channels, kernel, dilation), output === 'float');
    writeRecord(kernels.heap, shape, ConvShape, geometry);
    writeRecord(kernels.heap, record, ByteConv, {
      output: BYTE_OUTPUTS.indexOf(output),
      ...{ shift, shape, y: target, isSigned: Number(isSigned) },
      x: buffers.put(x),
      filter: buffers.put(panels),
      residual: residual ? buffers.put(residual) : 0,
      residualIsSigned: Number(added === 'signed'),
    });
    return {
      kernel: 'convolveBytes',
      prepare: () => ({
        args: [record, Number(byPanels)],
        scratchBytes: kernels.convolveBytesScratch(shape),
      }),
      output: target,
      length,
      total: byPanels ? Math.ceil(filters / 8) : outputs / filters,
      expected,
      free: buffers.free,
    };
  });
}

const depthwiseSamples = fc.record({
  ...sizes,
  channels: fc.oneof(fc.integer({ min: 1, max: 37 }), fc.constantFrom(8, 16, 24)),
  weight: fc.constantFrom(2 ** 9, 2 ** 12, 2 ** 15 - 1),
});

export function byteDepthwiseTask(kernels: Kernels): fc.Arbitrary<ByteTask> {
  return depthwiseSamples.map((sample) => {
    const { seed, channels, height, width, stride, padTop, padLeft, batch, weight } = sample;
    const random = deriveRandom(seed);
    const out = (n: number, pad: number) => Math.max(1, Math.ceil((n + pad - 2) / stride));
    const outHeight = out(height, padTop);
    const outWidth = out(width, padLeft);
    const geometry = {
      ...{ batch, height, width, channels, stride, padTop, padLeft, outHeight, outWidth },
    };
    const x = integers(random, new Uint8Array(batch * height * width * channels), 0, 255);
    const words = integers(random, new Int16Array(11 * channels), -weight, weight);
    const multipliers = words.subarray(10 * channels);
    multipliers.set(integers(random, new Int16Array(channels), 1, 2 ** 14));
    const expected = depthwiseBytes(geometry, x, words);

    const buffers = new Buffers(kernels);
    const length = Math.ceil(expected.length / 4);
    const target = buffers.empty(4 * length);
    const shape = buffers.empty(DepthwiseShape.bytes);
    const record = buffers.empty(ByteDepthwise.bytes);
    writeRecord(kernels.heap, shape, DepthwiseShape, geometry);
    const maps = { x: buffers.put(x), filter: buffers.put(words), y: target };
    writeRecord(kernels.heap, record, ByteDepthwise, { shape, ...maps });
    return {
      kernel: 'depthwiseBytes',
      prepare: () => ({ args: [record] }),
      output: target,
      length,
      total: batch * outHeight,
      expected,
      free: buffers.free,
    };
  });
}
