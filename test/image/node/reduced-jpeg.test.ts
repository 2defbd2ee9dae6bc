import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { decodeImage } from '../../../src/image/node/decode.ts';
import { withScale } from '../../../src/image/node/reduced-jpeg.ts';
import type { RawImage } from '../../../src/image/raw-image.ts';
import { IMAGES, imageFile, rgbHash } from './test-images.ts';

const require = createRequire(import.meta.url);
const program = () =>
  new Uint8Array(readFileSync(require.resolve('@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm')));
const example = (name: string) =>
  new Uint8Array(readFileSync(new URL(`../../../examples/${name}`, import.meta.url)));

/** RGB of the mean pixel of every n × n block. */
function blockMeans({ data, width, height, channels }: RawImage, n: number): number[] {
  const means: number[] = [];
  for (let y = 0; y + n <= height; y += n) {
    for (let x = 0; x + n <= width; x += n) {
      for (let c = 0; c < 3; c++) {
        let sum = 0;
        for (let i = 0; i < n * n; i++) {
          sum += data[((y + Math.floor(i / n)) * width + x + (i % n)) * channels + c];
        }
        means.push(sum / (n * n));
      }
    }
  }
  return means;
}

/** RGB of the pixels that represent whole blocks. */
function wholePixels(image: RawImage, width: number, height: number): number[] {
  const rows = Array.from({ length: height }, (_, y) =>
    blockMeans({ ...image, data: image.data.subarray(y * image.width * 4), height: 1 }, 1),
  );
  return rows.flatMap((row) => row.slice(0, 3 * width));
}

function meanDifference(a: readonly number[], b: readonly number[]): number {
  expect(a.length).toBe(b.length);
  return a.reduce((sum, value, i) => sum + Math.abs(value - b[i]), 0) / a.length;
}

describe('a JPEG that needs fewer pixels', () => {
  it.each([
    ['astronaut.jpg', 256, 256, 256],
    ['astronaut.jpg', 255, 256, 256],
    ['astronaut.jpg', 128, 128, 128],
    ['astronaut.jpg', 64, 64, 64],
    ['astronaut.jpg', 1, 64, 64],
    ['cat.jpg', 100, 226, 150],
  ])('%s, for %i per side: is decoded to %i×%i', async (name, side, width, height) => {
    const bytes = example(name);
    const whole = await decodeImage(bytes);
    const image = await decodeImage(bytes, { enough: { width: side, height: side } });
    expect(image).toMatchObject({ width, height, channels: 4 });
    expect(image.fullSize).toEqual({ width: whole.width, height: whole.height });
    expect(image.data).toHaveLength(4 * width * height);

    const n = Math.round(whole.width / width);
    const pixels = wholePixels(image, Math.floor(whole.width / n), Math.floor(whole.height / n));
    expect(meanDifference(pixels, blockMeans(whole, n))).toBeLessThan(2);
  });

  it('is decoded at full size when a side is less than twice the need', async () => {
    const bytes = example('cat.jpg'); // 451×300
    for (const enough of [
      { width: 226, height: 10 },
      { width: 10, height: 151 },
    ]) {
      const image = await decodeImage(bytes, { enough });
      expect(image).toMatchObject({ width: 451, height: 300 });
      expect(image.fullSize).toBeUndefined();
    }
  });

  const jpegs = IMAGES.filter(({ name, golden }) => golden && /^[^/]*\.jpg$/.test(name));
  it.each(jpegs)('$name: is decoded for every supported kind', async ({ bytes, golden }) => {
    const image = await decodeImage(bytes, { enough: { width: 2, height: 2 } });
    const { width, height } = golden!;
    expect(image.fullSize).toEqual({ width, height });
    expect([image.width, image.height]).toEqual([Math.ceil(width / 8), Math.ceil(height / 8)]);
  });

  it('is turned upright', async () => {
    const bytes = example('cat.jpg');
    const turned = Buffer.concat([bytes.subarray(0, 2), EXIF_UPSIDE_DOWN, bytes.subarray(2)]);
    const enough = { width: 10, height: 10 };
    const image = await decodeImage(turned, { enough });
    const { data, width, height } = await decodeImage(bytes, { enough });
    expect(image).toMatchObject({ width, height, fullSize: { width: 451, height: 300 } });
    const backwards = new Uint32Array(data.slice().buffer).reverse();
    expect(Buffer.from(image.data)).toEqual(Buffer.from(backwards.buffer));
  });

  it('does not affect other formats and full-size JPEGs', async () => {
    const enough = { width: 2, height: 2 };
    for (const name of ['filtered.png', 'lossy.webp']) {
      const image = await decodeImage(imageFile(name), { enough });
      expect(rgbHash(image)).toBe(rgbHash(await decodeImage(imageFile(name))));
      expect(image.fullSize).toBeUndefined();
    }
    const { golden, bytes } = IMAGES.find(({ name }) => name === 'baseline.jpg')!;
    await decodeImage(bytes, { enough });
    expect(rgbHash(await decodeImage(bytes))).toBe(golden!.sha256);
  });

  it('reports a damaged file like the full decoder', async () => {
    const bytes = imageFile('baseline.jpg');
    const table = bytes.findIndex((byte, i) => byte === 0xff && bytes[i + 1] === 0xc4) + 5;
    bytes.fill(0xfe, table, table + 16);
    const enough = { width: 2, height: 2 };
    const message = 'cannot decode the given bytes: Bogus Huffman table definition';
    await expect(decodeImage(bytes, { enough })).rejects.toThrow(message);
    await expect(decodeImage(example('cat.jpg').subarray(0, 9000), { enough })).rejects.toThrow(
      'truncated',
    );
  });

  it('handles damage anywhere, without effect on later images', async () => {
    const enough = { width: 60, height: 60 };
    const good = example('cat.jpg');
    const before = rgbHash(await decodeImage(good, { enough }));
    for (let at = 30; at < good.length; at += 997) {
      const damaged = good.slice();
      damaged.fill(at % 251, at, at + 8);
      const outcome = await decodeImage(damaged, { enough, maxPixels: 1e6 }).catch(
        (error) => error,
      );
      if (outcome instanceof Error)
        expect(outcome).toMatchObject({ code: expect.stringMatching(/^IMAGE_/) });
      else expect(outcome.data).toHaveLength(4 * outcome.width * outcome.height);
    }
    expect(rgbHash(await decodeImage(good, { enough }))).toBe(before);
  });
});

describe('withScale', () => {
  it('patches six bytes of the installed decoder', () => {
    const original = program();
    const altered = withScale(original);
    expect(altered.filter((byte, i) => byte !== original[i]).length).toBeLessThanOrEqual(6);
    expect(WebAssembly.validate(altered)).toBe(true);
  });

  it('rejects a program that sets the scale nowhere or twice', () => {
    expect(() => withScale(new Uint8Array(100))).toThrow('the scale is set in 0 places');
    const twice = new Uint8Array([...program(), ...program()]);
    expect(() => withScale(twice)).toThrow('the scale is set in 2 places');
  });
});

/** An APP1 segment with orientation 3. */
const EXIF_UPSIDE_DOWN = Buffer.concat([
  Buffer.from([0xff, 0xe1, 0, 34]),
  Buffer.from('Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x03\0\0\0\0\0\0', 'latin1'),
]);
