/** Pixels of images that a browser has decoded, read back through a canvas. */
import { RefineDetError } from '../errors.ts';
import { DEFAULT_MAX_PIXELS, type DecodeOptions } from '../image/header.ts';
import type { RawImage } from '../image/raw-image.ts';
import type { PixelSource } from './platform.ts';

/** Pixels as stored in the file, like cv2 and the decoders of Node return them. */
export const BITMAP_OPTIONS: ImageBitmapOptions = {
  imageOrientation: 'from-image',
  colorSpaceConversion: 'none',
  premultiplyAlpha: 'none',
};

/** One canvas for all images: a new one per video frame would create much garbage. */
let canvas: OffscreenCanvas | undefined;

/** @throws IMAGE_EMPTY, IMAGE_TOO_LARGE, IMAGE_PROTECTED, IMAGE_CORRUPT */
export async function readPixels(
  source: object,
  { maxPixels = DEFAULT_MAX_PIXELS }: DecodeOptions = {},
): Promise<RawImage | undefined> {
  if (!isPixelSource(source)) return undefined;
  const name = kindOf(source);
  if (name === 'HTMLImageElement') await decoded(source as HTMLImageElement);
  const [width, height] = sizeOf(source);
  if (width * height === 0) {
    throw new RefineDetError('IMAGE_EMPTY', `the ${name} has no pixels yet: ${width}×${height}`);
  }
  if (width * height > maxPixels) {
    throw new RefineDetError(
      'IMAGE_TOO_LARGE',
      `the ${name} has ${width}×${height} pixels, more than maxPixels (${maxPixels})`,
    );
  }
  if (name === 'ImageData') return rawImage(source as ImageData);
  if (name !== 'HTMLImageElement') return readBack(source as ImageBitmap, width, height, name);
  // Drawing the element itself would convert its colors.
  const bitmap = await createImageBitmap(source as HTMLImageElement, BITMAP_OPTIONS);
  try {
    return readBack(bitmap, bitmap.width, bitmap.height, name);
  } finally {
    bitmap.close();
  }
}

/** Pixels of a bitmap that we created; closes it. */
export function bitmapPixels(bitmap: ImageBitmap): RawImage {
  try {
    return readBack(bitmap, bitmap.width, bitmap.height, 'ImageBitmap');
  } finally {
    bitmap.close();
  }
}

const KINDS = [
  'HTMLImageElement',
  'HTMLCanvasElement',
  'HTMLVideoElement',
  'OffscreenCanvas',
  'ImageBitmap',
  'VideoFrame',
  'ImageData',
] as const;
type Kind = (typeof KINDS)[number];

/** Class by tag: elements of another frame are not instances of this frame's classes. */
function kindOf(source: object): Kind | undefined {
  const tag = Object.prototype.toString.call(source).slice('[object '.length, -1);
  return KINDS.find((kind) => kind === tag);
}

/** Whether {@link readPixels} supports the object. */
export function isPixelSource(source: object): source is PixelSource {
  return kindOf(source) !== undefined;
}

function sizeOf(source: PixelSource): [width: number, height: number] {
  if ('naturalWidth' in source) return [source.naturalWidth, source.naturalHeight];
  if ('videoWidth' in source) return [source.videoWidth, source.videoHeight];
  if ('displayWidth' in source) return [source.displayWidth, source.displayHeight];
  return [source.width, source.height];
}

async function decoded(image: HTMLImageElement): Promise<void> {
  try {
    await image.decode();
  } catch (cause) {
    throw new RefineDetError('IMAGE_CORRUPT', `cannot decode the image ${image.currentSrc}`, {
      cause,
    });
  }
}

function readBack(
  source: CanvasImageSource,
  width: number,
  height: number,
  name: string | undefined,
): RawImage {
  canvas ??= new OffscreenCanvas(width, height);
  if (canvas.width !== width || canvas.height !== height) {
    Object.assign(canvas, { width, height });
  }
  const context = canvas.getContext('2d', { willReadFrequently: true })!;
  context.clearRect(0, 0, width, height);
  context.drawImage(source, 0, 0, width, height);
  try {
    return rawImage(context.getImageData(0, 0, width, height));
  } catch (cause) {
    canvas = undefined; // a tainted canvas stays tainted
    throw new RefineDetError(
      'IMAGE_PROTECTED',
      `the pixels of the ${name} cannot be read: its image comes from another site without CORS`,
      { cause },
    );
  }
}

function rawImage({ data, width, height }: ImageData): RawImage {
  return { data: data as Uint8ClampedArray, width, height, channels: 4 };
}
