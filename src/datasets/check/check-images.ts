/** The image files of a dataset: present, readable, of the stated size, and no two the same. */
import { createHash } from 'node:crypto';
import { RefineDetError, throwIfAborted } from '../../errors.ts';
import { type ImageHeader, readImageHeader, uprightSize } from '../../image/header.ts';
import { decodeImage } from '../../image/node/decode.ts';
import { mapConcurrently } from '../dataset-files.ts';
import type { Dataset, DatasetImage } from '../dataset-types.ts';
import { type Frame, findFrames, frameProblem, statesSizes, toFileFrame } from '../frames.ts';
import { type ImageSize, readImageFile } from '../image-size.ts';
import type { FindingCode, Report } from './findings.ts';

/** What reading an image has shown. */
export interface ImageFile {
  /** Upright. Undefined when it is missing or cannot be read. */
  size?: ImageSize;
  header?: ImageHeader;
  /** Equal for files of equal content; the path of a missing file. */
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
    const header = readImageHeader(bytes, { source: file });
    if (decode) await decodeImage(bytes, { source: file });
    return { size: uprightSize(header), header, content };
  } catch (error) {
    if (!(error instanceof RefineDetError)) throw error;
    const missing = error.code === 'FILE_NOT_FOUND';
    report(missing ? 'missing-image' : 'undecodable-image', error.message, { file });
    return { content };
  }
}

/** What is known of the frame of an image with a finding of this code. */
export interface SettledFrame {
  frame: Frame;
  original: DatasetImage;
  code: FindingCode;
}

/**
 * Reports boxes of another frame than the upright image, and moves those whose frame is known.
 * @param frames receives what was found out, by the images that are returned
 */
export function settleFrames(
  split: Dataset,
  imageFiles: ImageFiles,
  frames: Map<DatasetImage, SettledFrame>,
  report: Report,
): Dataset {
  if (!statesSizes(split)) return split;
  const headers = new Map([...imageFiles].map(([file, { header }]) => [file, header]));
  const found = findFrames(split.images, headers);
  const images = split.images.map((image) => {
    const header = headers.get(image.path);
    const frame = found.get(image);
    const problem = header && frameProblem(image, header, frame);
    if (!problem) return image;
    report(problem.code, problem.message, { file: image.annotationPath, ...imageKey(image) });
    const settled = frame === 'unknown' ? { ...image } : toFileFrame(image, header, frame!);
    frames.set(settled, { frame: frame!, original: image, code: problem.code });
    return settled;
  });
  return { ...split, images };
}

/** In a COCO file a line says little: name the image by its id. */
export function imageKey({ id, annotationPath }: DatasetImage): { key?: string } {
  return annotationPath.endsWith('.json') ? { key: `images[id=${id}]` } : {};
}
