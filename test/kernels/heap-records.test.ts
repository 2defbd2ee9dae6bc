import { describe, expect, it } from 'vitest';
import { ConvShape, Level, Module } from '../../src/kernels/generated/abi.ts';
import { createHeap } from '../../src/kernels/heap.ts';
import { readRecord, writeRecord } from '../../src/kernels/heap-records.ts';
import { BUILDS, freshKernels } from './helpers.ts';

const heap = createHeap();
const pointer = heap.malloc(64);

describe('records', () => {
  it('are read as they were written, doubles and floats included', () => {
    const values = {
      confLoss: 1 / 3,
      locLoss: -1e300,
      teacherLoss: 0.75,
      positives: -5,
      negatives: 7,
      conf: 16,
      loc: 32,
      confGradient: 0,
      locGradient: 4_000_000_000,
      classes: 21,
      positiveOverlap: 0.5,
      negativeOverlap: 0.25,
      confScale: 0.125,
      locScale: Number.POSITIVE_INFINITY,
      teacherConf: 64,
      teacherLoc: 128,
      teacherScale: 0.5,
      matches: 1,
    };
    writeRecord(heap, pointer, Module, values);
    expect(readRecord(heap, pointer, Module)).toEqual(values);
  });

  it('keep the addresses of memory beyond 2 GiB, and wrap those below 0 around', () => {
    const heads = { armLoc: 2 ** 32 - 4, armConf: -4, odmLoc: 0, odmConf: 0, anchors: 3 };
    writeRecord(heap, pointer, Level, heads);
    const { armLoc, armConf } = readRecord(heap, pointer, Level);
    expect([armLoc, armConf]).toEqual([2 ** 32 - 4, 2 ** 32 - 4]);
  });

  it('are refused by the compiler when a field is missing, misspelled or removed', () => {
    const level = { armLoc: 1, armConf: 2, odmLoc: 3, odmConf: 4, anchors: 5 };
    const { anchors, ...missing } = level;
    // @ts-expect-error: anchors is missing
    writeRecord(heap, pointer, Level, missing);
    // @ts-expect-error: Level has no such field
    writeRecord(heap, pointer, Level, { ...level, anchor: anchors });
    // @ts-expect-error: ConvShape has no such field
    expect(readRecord(heap, pointer, ConvShape).stride2).toBeUndefined();
  });
});

describe.each(BUILDS)('the exports of the kernels ($build)', ({ threaded }) => {
  it('are refused by the compiler when one is removed or has other arguments', async () => {
    const kernels = await freshKernels(threaded);
    // @ts-expect-error: not an export
    expect(kernels.convolveTwice).toBeUndefined();
    // @ts-expect-error: the number of columns is missing
    const call = () => kernels.softmaxRows(0, 0, 0);
    expect(call).not.toThrow();
    expect(kernels.softmaxRows).toHaveLength(4);
    const [input, output] = [kernels.heap.malloc(16), kernels.heap.malloc(16)];
    const [rows, columns] = [2, 2];
    const swapped = [
      // @ts-expect-error: an address is where the number of rows belongs
      () => kernels.softmaxRows(input, rows, output, columns),
      // @ts-expect-error: an address is where a value belongs
      () => kernels.filterNegatives(input, rows, output, output),
      // @ts-expect-error: a count comes back, an address goes in
      () => kernels.softmaxRows(kernels.convolveBlock(input), output, rows, columns),
    ];
    expect(swapped).toHaveLength(3);
    expect(() => kernels.softmaxRows(input, output, rows, columns)).not.toThrow();
  });
});
