/** Images: their headers and their pixels. */
import { exifOrientation } from '../../../src/image/exif.ts';
import { peekImageHeader, readImageHeader } from '../../../src/image/header.ts';
import { decodeImage } from '../../../src/image/node/decode.ts';
import type { Size } from '../../../src/image/raw-image.ts';
import { png } from '../../datasets/tree.ts';
import { IMAGES } from '../../image/node/test-images.ts';
import { bytes } from '../../weights/pickle-writer.ts';
import { type FuzzTarget, require } from '../target.ts';

const MAX_PIXELS = 2 ** 20;

/** The decoder's heap holds the image about twice: in four channels, and in words of coefficients. */
const PIXEL_MEMORY = 64 * 2 ** 20 + 32 * MAX_PIXELS;

/** Small images of one format that can be decoded. */
const images = (extension: string): Uint8Array[] =>
  IMAGES.filter(({ name, golden }) => golden && name.endsWith(extension))
    .map(({ bytes: content }) => Uint8Array.from(content))
    .filter(({ length }) => length < 10_000);

/** A TIFF structure with one entry, in either byte order. */
const exif = (little: boolean): Uint8Array =>
  little
    ? bytes('II', [42, 0, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0])
    : bytes('MM', [0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0]);

const MARKERS = [0xc0, 0xc2, 0xc4, 0xd8, 0xd9, 0xda, 0xdb, 0xdd, 0xe1, 0xfe].map((marker) =>
  Uint8Array.of(0xff, marker),
);
const CHUNKS = ['IHDR', 'PLTE', 'IDAT', 'IEND', 'eXIf', 'tRNS', 'RIFF', 'WEBP', 'VP8X', 'VP8L'];
const WORDS = [...MARKERS, ...CHUNKS, 'VP8 ', 'EXIF', 'ANMF', 'Exif\0\0', exif(true), exif(false)];

const header: FuzzTarget = {
  name: 'image-header',
  seeds: () => [...['.jpg', '.png', '.webp'].flatMap(images), png(7, 5)],
  words: WORDS,
  read(input) {
    peekImageHeader(input);
    const { width, height, orientation } = readImageHeader(input, { maxPixels: MAX_PIXELS });
    require(width * height > 0 && width * height <= MAX_PIXELS, `${width}×${height} pixels`);
    require(orientation >= 1 && orientation <= 8, `the orientation ${orientation}`);
  },
};

const orientation: FuzzTarget = {
  name: 'exif',
  seeds: () => [exif(true), exif(false)],
  words: [],
  read(input) {
    const value = exifOrientation(input);
    require(Number.isInteger(value) && value >= 1 && value <= 8, `the orientation ${value}`);
  },
};

function decoder(format: string, extension: string, enough?: Size): FuzzTarget {
  return {
    name: `decode-${format}`,
    seeds: () => images(extension),
    words: WORDS,
    memory: () => PIXEL_MEMORY,
    async read(input) {
      const options = { maxPixels: MAX_PIXELS, enough };
      const { data, width, height, channels } = await decodeImage(input, options);
      require(data.length === width * height * channels, `${data.length} bytes of pixels`);
      require(width * height <= MAX_PIXELS, `${width}×${height} pixels`);
    },
  };
}

export const IMAGE_TARGETS: readonly FuzzTarget[] = [
  ...[header, orientation],
  ...[decoder('jpeg', '.jpg'), decoder('png', '.png'), decoder('webp', '.webp')],
  decoder('jpeg-reduced', '.jpg', { width: 2, height: 2 }),
];
