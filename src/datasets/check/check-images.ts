/** The image files of a dataset: present, readable, of the stated size, and no two the same. */
import { createHash } from 'node:crypto';
import { RefineDetError, throwIfAborted } from '../../errors.ts';
import { decodeImage } from '../../image/node/decode.ts';
import { mapConcurrently } from '../dataset-files.ts';
import type { DatasetImage } from '../dataset-types.ts';
import { type ImageSize, imageFileSize, readImageFile } from '../image-size.ts';
import type { Report } from './findings.ts';

/** What reading an image told. */
export interface ImageFile {
  /** Undefined when it is missing or cannot be read. */
  size?: ImageSize;
  /** Equal for files of equal content; the path when there is no file. */
  content: string;
}

/** By path. */
export type ImageFiles = ReadonlyMap<string, ImageFile>;

export interface ImageFileOptions {
  /** Decode all pixels instead of reading the header. */
  decode: boolean;
  onProgress?: (done: number, total: number) => void;
  signal?: AbortSignal;
}

/** Reads every image once. */
export async function inspectImageFiles(
  images: readonly DatasetImage[],
  { decode, onProgress, signal }: ImageFileOptions,
  report: Report,
): Promise<ImageFiles> {
  const paths = [...new Set(images.map((image) => image.path))];
  let done = 0;
  const imageFiles = await mapConcurrently(paths, async (file) => {
    throwIfAborted(signal);
    const imageFile = await inspectImageFile(file, decode, report);
    onProgress?.(++done, paths.length);
    return [file, imageFile] as const;
  });
  return new Map(imageFiles);
}

async function inspectImageFile(file: string, decode: boolean, report: Report): Promise<ImageFile> {
  let content = file;
  try {
    const bytes = await readImageFile(file);
    content = createHash('sha1').update(bytes).digest('base64');
    const size = imageFileSize(bytes, file);
    if (decode) await decodeImage(bytes, { source: file });
    return { size, content };
  } catch (error) {
    if (!(error instanceof RefineDetError)) throw error;
    const missing = error.code === 'FILE_NOT_FOUND';
    report(missing ? 'missing-image' : 'undecodable-image', error.message, { file });
    return { content };
  }
}

/** Compares the stated size of an image with the image's. */
export function checkSize(image: DatasetImage, size: ImageSize, report: Report): void {
  const { width, height, annotationPath: file } = image;
  if (width === undefined || height === undefined) return;
  if (width === size.width && height === size.height) return;
  const turned = width === size.height && height === size.width;
  report(
    'size-mismatch',
    `${image.fileName} is ${size.width}×${size.height} but the annotation says ` +
      `${width}×${height}${turned ? ' (is it turned by its EXIF orientation?)' : ''}`,
    { file, ...imageKey(image) },
  );
}

/** In a COCO file a line says little: name the image by its id. */
export function imageKey({ id, annotationPath }: DatasetImage): { key?: string } {
  return annotationPath.endsWith('.json') ? { key: `images[id=${id}]` } : {};
}
