import { Worker } from 'node:worker_threads';
import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RefineDetError } from '../../../src/errors.ts';
import { decodeImage } from '../../../src/image/node/decode.ts';
import { pngFile } from '../../../support/png-file.ts';
import { IMAGES, imageFile, rgbHash } from './test-images.ts';

describe('decodeImage', () => {
  for (const { name, bytes, golden } of IMAGES) {
    if (!golden) continue;
    it(`reads ${name} like cv2, pixel for pixel`, async () => {
      const image = await decodeImage(bytes);
      expect([image.width, image.height]).toEqual([golden.width, golden.height]);
      expect(rgbHash(image)).toBe(golden.sha256);
    });
  }

  it('reads a 4:4:0 JPEG', async () => {
    expect(await decodeImage(imageFile('440.jpg'))).toMatchObject({ width: 29, height: 19 });
  });

  it('turns a WebP upright like a PNG of the same pixels', async () => {
    const webp = await decodeImage(imageFile('orientation-6.webp'));
    const png = await decodeImage(imageFile('orientation-6.png'));
    expect(rgbHash(webp)).toBe(rgbHash(png));
  });

  it('reads an image that is a view into a larger buffer', async () => {
    const bytes = imageFile('baseline.jpg');
    const larger = new Uint8Array(bytes.length + 100).fill(0xff);
    larger.set(bytes, 33);
    const image = await decodeImage(larger.subarray(33, 33 + bytes.length));
    expect(rgbHash(image)).toBe(rgbHash(await decodeImage(bytes)));
  });

  it.each([
    ['8', 255, 1],
    ['12', 4095, 16],
    ['14', 16383, 64],
    ['16', 65535, 256],
  ])('takes the upper 8 of %s bits of a 16-bit PNG', async (_, most, divisor) => {
    const samples = [0, most >> 1, most];
    const row = Buffer.from([0, ...samples.flatMap((value) => [value >> 8, value & 255])]);
    const { data } = await decodeImage(gray16(row, samples.length));
    expect([...data]).toEqual(samples.map((value) => Math.floor(value / divisor)));
  });

  it('ignores what follows the end of a JPEG', async () => {
    const bytes = Buffer.concat([imageFile('baseline.jpg'), Buffer.from('appended by a phone')]);
    expect(rgbHash(await decodeImage(bytes))).toBe(
      rgbHash(await decodeImage(imageFile('baseline.jpg'))),
    );
  });

  it('decodes several images at once', async () => {
    const names = ['baseline.jpg', 'lossy.webp', 'filtered.png', 'progressive.jpg'];
    const single: string[] = [];
    for (const name of names) single.push(rgbHash(await decodeImage(imageFile(name))));
    const together = await Promise.all(names.map((name) => decodeImage(imageFile(name))));
    expect(together.map(rgbHash)).toEqual(single);
  });

  it('works in a worker thread and lets it exit', { timeout: 30_000 }, async () => {
    const script = new URL('./decode-worker.ts', import.meta.url);
    // Workers do not inherit the test runner's TypeScript loader.
    const start = `import('tsx/esm/api').then(({ register }) => (register(), import('${script}')))`;
    const worker = new Worker(start, {
      eval: true,
      workerData: [imageFile('baseline.jpg'), imageFile('filtered.png'), imageFile('lossy.webp')],
    });
    const sizes = new Promise((resolve) => worker.once('message', resolve));
    const exit = new Promise((resolve, reject) =>
      worker.once('exit', resolve).once('error', reject),
    );
    expect(await exit).toBe(0);
    expect(await sizes).toEqual(['29×19', '29×19', '29×19']);
  });
});

describe('decodeImage rejects', () => {
  const refusals: [what: string, bytes: Uint8Array, message: string][] = [
    ['an empty file', new Uint8Array(0), 'IMAGE_EMPTY: cannot read x: empty (0 bytes)'],
    [
      'a web page',
      Buffer.from('<!DOCTYPE html>'),
      'IMAGE_FORMAT: cannot read x: not a JPEG, PNG or WebP image but a text file',
    ],
    [
      'a GIF',
      Buffer.from('GIF89a'),
      'IMAGE_FORMAT: cannot read x: not a JPEG, PNG or WebP image but a GIF',
    ],
    [
      'a PDF',
      Buffer.from('%PDF-1.7'),
      'IMAGE_FORMAT: cannot read x: not a JPEG, PNG or WebP image but a PDF',
    ],
    [
      'a photo of a phone',
      Buffer.from('\0\0\0\x18ftypheic'),
      'IMAGE_FORMAT: cannot read x: not a JPEG, PNG or WebP image but a HEIC file: save it as JPEG',
    ],
    [
      'a video',
      Buffer.from('\0\0\0\x18ftypisom'),
      'IMAGE_FORMAT: cannot read x: not a JPEG, PNG or WebP image but a video file',
    ],
    ['CMYK', imageFile('cmyk.jpg'), 'IMAGE_FORMAT: cannot read x: a CMYK JPEG is not supported'],
    [
      'arithmetic coding',
      imageFile('arithmetic.jpg'),
      'IMAGE_FORMAT: cannot read x: a lossless or arithmetic-coded JPEG is not supported',
    ],
    [
      'an animation',
      imageFile('animated.webp'),
      'IMAGE_FORMAT: cannot read x: an animated WebP is not supported',
    ],
    ['a huge JPEG', hugeJpeg(), tooLarge(20000)],
    ['a huge PNG', hugePng(), tooLarge(20000)],
    ['a huge WebP', hugeWebp(), tooLarge(16000)],
    [
      'a JPEG without rows',
      withBytes(imageFile('baseline.jpg'), (bytes) =>
        bytes.fill(0, frameHeader(bytes) + 5, frameHeader(bytes) + 7),
      ),
      'IMAGE_EMPTY: cannot read x: its size is 29×0',
    ],
    [
      'a PNG that inflates to too little',
      pngFile(20, 20, deflateSync(new Uint8Array(100))),
      'IMAGE_CORRUPT: cannot decode x: the PNG data ends too early',
    ],
    [
      'a PNG that inflates without end',
      pngFile(20, 20, deflateSync(new Uint8Array(10_000_000))),
      'IMAGE_CORRUPT: cannot decode x: Cannot create a Buffer larger than 66376 bytes',
    ],
    [
      'a PNG with an unknown filter',
      pngFile(2, 2, deflateSync(new Uint8Array(100).fill(9))),
      'IMAGE_CORRUPT: cannot decode x: the PNG data has an unknown filter 9',
    ],
    [
      'a WebP with damaged data',
      withBytes(imageFile('lossless.webp'), (bytes) => bytes.fill(0xff, 30)),
      'IMAGE_CORRUPT: cannot decode x: the WebP data is damaged',
    ],
    [
      'a JPEG with a damaged table',
      withBytes(imageFile('baseline.jpg'), (bytes) =>
        bytes.fill(0xfe, huffmanTable(bytes), huffmanTable(bytes) + 16),
      ),
      'IMAGE_CORRUPT: cannot decode x: Bogus Huffman table definition',
    ],
  ];
  for (const [what, bytes, message] of refusals) {
    it(what, async () => expect(await refusal(bytes)).toBe(message));
  }

  for (const name of [
    'baseline.jpg',
    'progressive.jpg',
    'filtered.png',
    'lossy.webp',
    'lossless.webp',
  ]) {
    it(`${name} cut off anywhere`, async () => {
      const bytes = imageFile(name);
      for (let length = 1; length < bytes.length; length += 7) {
        expect(await refusal(bytes.subarray(0, length))).toMatch(/^IMAGE_(CORRUPT|FORMAT): cannot/);
      }
    });
  }

  it('more pixels than maxPixels', async () => {
    const decoding = decodeImage(imageFile('baseline.jpg'), { source: 'x', maxPixels: 550 });
    await expect(decoding).rejects.toThrow(
      'cannot read x: its 29×19 pixels exceed maxPixels (550)',
    );
    await expect(decodeImage(imageFile('baseline.jpg'), { maxPixels: 551 })).resolves.toBeDefined();
  });

  it('any damaged file with one error, and decodes the next one', { timeout: 30_000 }, async () => {
    const files = [
      'baseline.jpg',
      'progressive.jpg',
      'filtered.png',
      'type3-4bit-interlaced.png',
      'lossy.webp',
    ];
    const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...files), damage, async (name, edits) => {
        const bytes = imageFile(name);
        for (const [at, value] of edits) bytes[at % bytes.length] = value;
        try {
          const { data, width, height, channels } = await decodeImage(bytes, { maxPixels: 1e6 });
          expect(data.length).toBe(width * height * channels);
        } catch (error) {
          expect(error).toBeInstanceOf(RefineDetError);
        }
      }),
      { numRuns: 300 },
    );
    for (const { bytes, golden } of IMAGES) {
      if (golden) expect(rgbHash(await decodeImage(bytes))).toBe(golden.sha256);
    }
  });
});

async function refusal(bytes: Uint8Array): Promise<string> {
  try {
    await decodeImage(bytes, { source: 'x' });
  } catch (error) {
    if (error instanceof RefineDetError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return 'decoded';
}

function tooLarge(side: number): string {
  return `IMAGE_TOO_LARGE: cannot read x: its ${side}×${side} pixels exceed maxPixels (100000000)`;
}

function withBytes(bytes: Uint8Array, edit: (bytes: Uint8Array) => unknown): Uint8Array {
  edit(bytes);
  return bytes;
}

function frameHeader(jpeg: Uint8Array): number {
  return Buffer.from(jpeg).indexOf(Buffer.from([0xff, 0xc0]));
}

/** The 16 code counts of the first Huffman table. */
function huffmanTable(jpeg: Uint8Array): number {
  return Buffer.from(jpeg).indexOf(Buffer.from([0xff, 0xc4])) + 5;
}

/** Only the frame header of a JPEG. */
function hugeJpeg(): Uint8Array {
  return Uint8Array.of(0xff, 0xd8, 0xff, 0xc0, 0, 11, 8, 0x4e, 0x20, 0x4e, 0x20, 1, 1, 0x11, 0);
}

function hugePng(): Uint8Array {
  return pngFile(20000, 20000, deflateSync(new Uint8Array(100)));
}

function hugeWebp(): Uint8Array {
  return withBytes(imageFile('lossy.webp'), (bytes) =>
    new DataView(bytes.buffer).setUint32(26, 0x803e803e),
  );
}

/** A gray 8-bit PNG; the CRCs are left empty. */
/** A gray PNG of 16 bits a sample and one row. */
function gray16(row: Uint8Array, width: number): Uint8Array {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(1, 4);
  header[8] = 16;
  const chunk = (type: string, data: Uint8Array) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(data.length);
    return Buffer.concat([length, Buffer.from(type), data, Buffer.alloc(4)]);
  };
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const chunks = [
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(row)),
    chunk('IEND', Buffer.alloc(0)),
  ];
  return Buffer.concat([signature, ...chunks]);
}
