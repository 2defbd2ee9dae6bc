import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeImage } from '../../../src/image/node/decode.ts';
import { encodeImage } from '../../../src/image/node/encode.ts';
import type { RawImage } from '../../../src/image/raw-image.ts';
import { imageFile } from './test-images.ts';

describe('encodeImage', () => {
  it('writes PNG files that decode to the same pixels', async () => {
    const side = fc.integer({ min: 1, max: 20 });
    const image = fc
      .tuple(side, side, fc.constantFrom(1 as const, 3 as const, 4 as const))
      .chain(([width, height, channels]) => {
        const length = width * height * channels;
        const data = fc.uint8Array({ minLength: length, maxLength: length });
        return data.map((pixels): RawImage => ({ data: pixels, width, height, channels }));
      });
    await fc.assert(
      fc.asyncProperty(image, async (source) => {
        expect(await decodeImage(await encodeImage(source, 'png'))).toEqual(source);
      }),
    );
  });

  it('writes JPEG files that decode to nearly the same pixels', async () => {
    const source = await decodeImage(imageFile('examples/cat.jpg'));
    const { width, height } = source;
    const decoded = await decodeImage(await encodeImage(source, 'jpeg'));
    expect(decoded).toMatchObject({ width, height });
    let total = 0;
    decoded.data.forEach((level, i) => {
      total += Math.abs(level - source.data[i]);
    });
    expect(total / decoded.data.length).toBeLessThan(2);
  });

  it('writes gray images as JPEG too', async () => {
    const data = Uint8Array.from({ length: 256 }, (_, i) => i);
    const source: RawImage = { data, width: 16, height: 16, channels: 1 };
    const decoded = await decodeImage(await encodeImage(source, 'jpeg', { quality: 100 }));
    for (let i = 0; i < 256; i++) expect(Math.abs(decoded.data[4 * i] - i)).toBeLessThanOrEqual(3);
  });

  it('writes smaller JPEG files at lower quality', async () => {
    const source = await decodeImage(imageFile('examples/cat.jpg'));
    const low = await encodeImage(source, 'jpeg', { quality: 40 });
    const standard = await encodeImage(source, 'jpeg');
    expect(low.length).toBeLessThan(standard.length / 2);
    expect(standard).toEqual(await encodeImage(source, 'jpeg', { quality: 90 }));
  });

  it('rejects an image whose data does not match its size', async () => {
    const image: RawImage = { data: new Uint8Array(5), width: 2, height: 2, channels: 3 };
    const refusal = expect.objectContaining({ code: 'INVALID_ARGUMENT' });
    await expect(encodeImage(image, 'png')).rejects.toEqual(refusal);
  });
});
