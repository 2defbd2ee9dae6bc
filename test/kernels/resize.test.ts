import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { RawImage } from '../../src/image/raw-image.ts';
import { createHeap, float32View, type Heap } from '../../src/kernels/heap.ts';
import { type Kernels, loadKernels } from '../../src/kernels/module.ts';
import {
  type NormalizeOptions,
  Preprocessor,
  type ResizeOptions,
} from '../../src/kernels/resize.ts';

interface Size {
  width: number;
  height: number;
}

const PLAIN: NormalizeOptions = { mean: [0, 0, 0], std: [1, 1, 1], channelOrder: 'RGB' };

let heap: Heap;
let kernels: Kernels;
let preprocessor: Preprocessor;

beforeAll(async () => {
  heap = createHeap();
  kernels = await loadKernels(heap);
  preprocessor = new Preprocessor(kernels);
});

/** Upper bits of a multiplicative hash of the position, as in test/fixtures/resize.py. */
function pattern(width: number, height: number, channels: RawImage['channels']): RawImage {
  const length = width * height * channels;
  const data = Uint8Array.from({ length }, (_, i) => Math.imul(i, 2654435761) >>> 24);
  return { data, width, height, channels };
}

/** Runs the kernel into a target with guard values on both sides. */
function resizeToFloat(image: RawImage, size: Size, options = PLAIN): Float32Array {
  const length = size.width * size.height * 3;
  const block = heap.malloc(4 * (length + 2));
  try {
    float32View(heap, block, length + 2).fill(-12345);
    preprocessor.run(image, { pointer: block + 4, ...size }, options);
    const values = float32View(heap, block, length + 2).slice();
    expect([values[0], values[length + 1]]).toEqual([-12345, -12345]);
    return values.subarray(1, length + 1);
  } finally {
    heap.free(block);
  }
}

/** The definition, in f64: every target pixel from its four neighbors. [height, width, channels] */
function reference(image: RawImage, size: Size, options: ResizeOptions = {}): number[] {
  const { data, channels } = image;
  const crop = options.crop ?? { x: 0, y: 0, width: image.width, height: image.height };
  const clamp = (value: number, last: number) => Math.max(0, Math.min(last, value));
  const pixel = (x: number, y: number, c: number) => {
    const column = crop.x + clamp(x, crop.width - 1);
    const row = crop.y + clamp(y, crop.height - 1);
    return data[(row * image.width + column) * channels + c];
  };
  const values: number[] = [];
  for (let y = 0; y < size.height; y++) {
    const sy = ((y + 0.5) * crop.height) / size.height - 0.5;
    const top = Math.floor(sy);
    for (let x = 0; x < size.width; x++) {
      const column = options.flip ? size.width - 1 - x : x;
      const sx = ((column + 0.5) * crop.width) / size.width - 0.5;
      const left = Math.floor(sx);
      for (let c = 0; c < channels; c++) {
        const upper = pixel(left, top, c) * (left + 1 - sx) + pixel(left + 1, top, c) * (sx - left);
        const lower =
          pixel(left, top + 1, c) * (left + 1 - sx) + pixel(left + 1, top + 1, c) * (sx - left);
        values.push(upper * (top + 1 - sy) + lower * (sy - top));
      }
    }
  }
  return values;
}

/** Gray repeated, alpha dropped, channels reversed, normalized. */
function normalized(values: number[], channels: number, options: NormalizeOptions): number[] {
  const { mean, std, channelOrder } = options;
  return Array.from({ length: (values.length / channels) * 3 }, (_, i) => {
    const c = i % 3;
    const channel = channels === 1 ? 0 : channelOrder === 'BGR' ? 2 - c : c;
    return (values[Math.floor(i / 3) * channels + channel] - mean[c]) / std[c];
  });
}

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  let largest = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs(a[i] - b[i]);
    if (!(difference <= largest)) largest = difference; // NaN counts
  }
  return largest;
}

describe('resize equals cv2.INTER_LINEAR', () => {
  interface Golden {
    source: [number, number, RawImage['channels']];
    size: [number, number];
    float32: string;
    uint8: string;
  }
  const file = new URL('../fixtures/resize.json', import.meta.url);
  for (const golden of JSON.parse(readFileSync(file, 'utf8')) as Golden[]) {
    const [width, height] = golden.size;
    it(`from ${golden.source.join('×')} to ${width}×${height}`, () => {
      const image = pattern(...golden.source);
      const floats = Buffer.from(golden.float32, 'base64');
      const expected = Array.from({ length: floats.length / 4 }, (_, i) =>
        floats.readFloatLE(4 * i),
      );
      const result = resizeToFloat(image, { width, height });
      expect(
        largestDifference(result, normalized(expected, image.channels, PLAIN)),
      ).toBeLessThanOrEqual(1e-4);

      const levels = Buffer.from(golden.uint8, 'base64');
      const bytes = preprocessor.resizeUint8(image, { width, height });
      expect(bytes).toMatchObject({ width, height, channels: image.channels });
      expect(largestDifference(bytes.data, levels)).toBeLessThanOrEqual(1);
    });
  }
});

describe('resize', () => {
  const side = fc.integer({ min: 1, max: 40 });
  const size = fc.record({ width: side, height: side });
  const image = fc
    .tuple(side, side, fc.constantFrom(1 as const, 3 as const, 4 as const))
    .chain(([width, height, channels]) => {
      const length = width * height * channels;
      const data = fc.uint8Array({ minLength: length, maxLength: length });
      return data.map((pixels): RawImage => ({ data: pixels, width, height, channels }));
    });
  const cropped = image.chain((imageFile) =>
    fc.tuple(fc.nat(imageFile.width - 1), fc.nat(imageFile.height - 1)).chain(([x, y]) =>
      fc.record({
        imageFile: fc.constant(imageFile),
        crop: fc.record({
          x: fc.constant(x),
          y: fc.constant(y),
          width: fc.integer({ min: 1, max: imageFile.width - x }),
          height: fc.integer({ min: 1, max: imageFile.height - y }),
        }),
      }),
    ),
  );
  const options = fc.record({
    mean: fc.constantFrom([0, 0, 0], [104, 117, 123]),
    std: fc.constantFrom([1, 1, 1], [58.4, 57.1, 57.4]),
    channelOrder: fc.constantFrom('RGB' as const, 'BGR' as const),
    flip: fc.boolean(),
  });

  it('follows the definition for any size, crop, flip, channel order and normalization', () => {
    fc.assert(
      fc.property(cropped, size, options, ({ imageFile, crop }, target, settings) => {
        const all = { ...settings, crop };
        const expected = normalized(reference(imageFile, target, all), imageFile.channels, all);
        // Positions are rounded to f32, which moves a weight by up to 2^-19 at 40 pixels.
        expect(largestDifference(resizeToFloat(imageFile, target, all), expected)).toBeLessThan(
          2e-3,
        );
      }),
    );
  });

  it('rounds to whole levels and keeps the channels', () => {
    fc.assert(
      fc.property(cropped, size, fc.boolean(), ({ imageFile, crop }, target, flip) => {
        const result = preprocessor.resizeUint8(imageFile, target, { crop, flip });
        const expected = reference(imageFile, target, { crop, flip });
        expect(largestDifference(result.data, expected)).toBeLessThan(0.502);
      }),
    );
  });

  it('copies an image of the target size exactly', () => {
    const imageFile = pattern(37, 23, 4);
    expect(preprocessor.resizeUint8(imageFile, imageFile).data).toEqual(imageFile.data);
  });

  it('reads an image larger than a band in several steps', () => {
    // 12 MB; every band but the first starts in the middle.
    const imageFile = pattern(2000, 2000, 3);
    for (const target of [
      { width: 5, height: 1300 },
      { width: 3, height: 2600 },
      { width: 2, height: 11 },
    ]) {
      expect(
        largestDifference(
          resizeToFloat(imageFile, target),
          normalized(reference(imageFile, target), 3, PLAIN),
        ),
      ).toBeLessThan(0.05);
    }
  });

  it('writes a large result in several steps', () => {
    const imageFile = pattern(3, 3, 3);
    const target = { width: 1100, height: 1500 };
    const { data } = preprocessor.resizeUint8(imageFile, target);
    expect(largestDifference(data, reference(imageFile, target))).toBeLessThan(0.502);
  });

  it('needs no more memory at the thousandth image', () => {
    const imageFile = pattern(300, 200, 3);
    const target = { pointer: heap.malloc(64 * 64 * 12), width: 64, height: 64 };
    preprocessor.run(imageFile, target, PLAIN);
    const before = heap.memory.buffer.byteLength;
    for (let i = 0; i < 1000; i++) preprocessor.run(imageFile, target, PLAIN);
    expect(heap.memory.buffer.byteLength).toBe(before);
    heap.free(target.pointer);
  });

  it('frees its memory', async () => {
    const own = createHeap();
    const bound = await loadKernels(own);
    const imageFile = pattern(400, 300, 4);
    const sizes = Array.from({ length: 20 }, () => {
      const temporary = new Preprocessor(bound);
      temporary.resizeUint8(imageFile, { width: 500, height: 400 });
      temporary.dispose();
      return own.memory.buffer.byteLength;
    });
    expect(new Set(sizes).size).toBe(1);
  });

  it('works in a heap shared between threads', async () => {
    const shared = createHeap({ threaded: true });
    const own = new Preprocessor(await loadKernels(shared));
    const imageFile = pattern(31, 17, 3);
    expect(own.resizeUint8(imageFile, { width: 8, height: 6 })).toEqual(
      preprocessor.resizeUint8(imageFile, { width: 8, height: 6 }),
    );
  });

  it('refuses a crop that is not inside the image', () => {
    const imageFile = pattern(10, 8, 3);
    const refused: [number, number, number, number][] = [
      [-1, 0, 5, 5],
      [6, 0, 5, 5],
      [0, 4, 5, 5],
      [0, 0, 0, 5],
      [0.5, 0, 5, 5],
      [Number.NaN, 0, 5, 5],
    ];
    for (const [x, y, width, height] of refused) {
      const message = `a crop of ${width}×${height} pixels at (${x}, ${y}) is not inside a 10×8 image`;
      expect(() =>
        preprocessor.resizeUint8(imageFile, imageFile, { crop: { x, y, width, height } }),
      ).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT', message }));
    }
  });
});
