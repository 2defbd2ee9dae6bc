import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { mapConcurrently } from '../../src/datasets/dataset-files.ts';
import { imageSize } from '../../src/datasets/index.ts';
import { decodeImage } from '../../src/image/node/decode.ts';
import { IMAGES, imageFile } from '../image/node/test-images.ts';
import { folderWith } from './tree.ts';

/** Size that the library finds in a file of these bytes. */
function sizeIn(name: string, bytes: Uint8Array) {
  const file = path.join(folderWith({ [name]: bytes }), name);
  return imageSize({ id: 1, fileName: name, path: file, annotationPath: '', boxes: [] });
}

/** A JPEG with the given bytes of color profile in front of its size. */
function withProfile(jpeg: Uint8Array, length: number): Uint8Array {
  const segments: Uint8Array[] = [jpeg.subarray(0, 2)];
  for (let left = length; left > 0; left -= 60_000) {
    const segment = Buffer.alloc(4 + Math.min(left, 60_000), 7);
    segment.writeUInt16BE(0xffe2, 0);
    segment.writeUInt16BE(segment.length - 2, 2);
    segments.push(segment);
  }
  return Buffer.concat([...segments, jpeg.subarray(2)]);
}

describe('the size of an image', () => {
  it('is that of the decoded image, turned as people see it', async () => {
    for (const { name, bytes, golden } of IMAGES) {
      if (!golden) continue;
      const { width, height } = await decodeImage(bytes);
      expect(await sizeIn(path.basename(name), bytes), name).toEqual({ width, height });
    }
  });

  it('of a JPEG stands at its start, of others it takes the whole file', async () => {
    const cut = (name: string) => sizeIn(name, imageFile(name).subarray(0, -20));
    expect(await cut('baseline.jpg')).toEqual({ width: 29, height: 19 });
    await expect(cut('filtered.png')).rejects.toThrow('truncated');
    await expect(cut('lossy.webp')).rejects.toThrow('truncated');
  });

  it('is found behind a long color profile', async () => {
    const jpeg = withProfile(imageFile('baseline.jpg'), 200_000);
    expect(await sizeIn('a.jpg', jpeg)).toEqual({ width: 29, height: 19 });
  });

  it('of nothing is an error that says so', async () => {
    await expect(sizeIn('a.jpg', new Uint8Array(0))).rejects.toThrow(/a\.jpg: empty \(0 bytes\)/);
    await expect(sizeIn('a.jpg', Uint8Array.of(0xff, 0xd8, 0xff))).rejects.toThrow('truncated');
  });
});

describe('working on many files', () => {
  it('keeps the order of the results', async () => {
    const items = Array.from({ length: 50 }, (_, i) => i);
    const wait = (i: number) => new Promise((resolve) => setTimeout(resolve, (i * 7) % 5));
    const doubled = await mapConcurrently(items, async (i) => {
      await wait(i);
      return 2 * i;
    });
    expect(doubled).toEqual(items.map((i) => 2 * i));
  });

  it('starts nothing more after a failure, and waits for what is under way', async () => {
    let [started, ended] = [0, 0];
    const run = mapConcurrently(Array(1000).fill(0), async (_, i) => {
      started++;
      await new Promise((resolve) => setTimeout(resolve, i === 3 ? 1 : 5));
      ended++;
      if (i === 3) throw new Error('no');
    });
    await expect(run).rejects.toThrow('no');
    expect(started).toBeLessThan(100);
    expect(ended).toBe(started);
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(started).toBe(ended);
  });
});
