/** Values that another realm has made: its classes are not ours. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import vm from 'node:vm';
import { describe, expect, it } from 'vitest';
import { toRawImage } from '../../src/detection/image-source.ts';
import { loadModel } from '../../src/detection/load-model.ts';
import { packImage } from '../../src/pool/pack-image.ts';
import { writeModel } from '../../src/weights/model-file.ts';
import { randomModel } from '../../support/models/random-model.ts';

const CAT = fileURLToPath(new URL('../../examples/cat.jpg', import.meta.url));
const foreign = vm.runInNewContext('({ Uint8Array, Uint8ClampedArray })') as {
  Uint8Array: Uint8ArrayConstructor;
  Uint8ClampedArray: Uint8ClampedArrayConstructor;
};
/** A class that only its tag tells. */
const tagged = <T extends object>(tag: string, value: T): T =>
  Object.defineProperty(value, Symbol.toStringTag, { value: tag });

describe('an image of another realm', () => {
  const bytes = readFileSync(CAT);
  const array = foreign.Uint8Array.from(bytes);

  it.each<[string, unknown]>([
    ['a Uint8Array', array],
    ['an ArrayBuffer', array.buffer],
    ['a Blob', tagged('Blob', { arrayBuffer: async () => array.buffer })],
    ['a File', tagged('File', { name: 'a.jpg', arrayBuffer: async () => array.buffer })],
    ['a URL', tagged('URL', { toString: () => `file://${CAT}` })],
  ])('may be %s', async (_, source) => {
    expect(array).not.toBeInstanceOf(Uint8Array);
    const { data, ...facts } = await toRawImage(source as Uint8Array);
    const { data: expected, ...rest } = await toRawImage(bytes);
    expect(Buffer.from(data).equals(Buffer.from(expected))).toBe(true);
    expect(facts).toEqual(rest);
  });

  it('may be pixels, or the data of a canvas', async () => {
    const data = new foreign.Uint8ClampedArray(4 * 6);
    const pixels = await toRawImage({ data, width: 3, height: 2, channels: 4 });
    expect(pixels).toMatchObject({ width: 3, height: 2, channels: 4 });
    const canvas = tagged('ImageData', { data, width: 3, height: 2 });
    expect(await toRawImage(canvas as unknown as ImageData)).toMatchObject({ channels: 4 });
  });

  it('is told by what is wrong with it', async () => {
    const short = { data: new foreign.Uint8Array(3), width: 3, height: 2, channels: 4 as const };
    await expect(toRawImage(short)).rejects.toThrow('needs 24 bytes, not 3');
    await expect(toRawImage({} as Uint8Array)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  it('goes to a worker as it is, a URL as text', async () => {
    const canvas = tagged('ImageData', { data: array, width: 1, height: 1 });
    const packed = async (image: unknown) =>
      ((await packImage(image as ImageData, {}, false)).argument as { image: unknown }).image;
    expect(await packed(canvas)).toBe(canvas);
    const url = tagged('URL', { toString: () => 'https://example.org/a.jpg' });
    expect(await packed(url)).toBe('https://example.org/a.jpg');
  });
});

describe('a model of another realm', () => {
  it('may be bytes or a Blob', async () => {
    const array = foreign.Uint8Array.from(await writeModel(randomModel(), 'f32'));
    const blob = tagged('Blob', { arrayBuffer: async () => array.buffer });
    for (const source of [array, array.buffer, blob as unknown as Blob]) {
      expect((await loadModel(source)).config.preset).toBe(randomModel().config.preset);
    }
  });
});
