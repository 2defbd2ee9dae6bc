/** The work on one image. It is decoded once, whole when there is an annotated copy to draw. */
import { decodeImage } from '#platform';
import type { Detection } from '../boxes.ts';
import type { DetectOptions } from '../detection/detect-options.ts';
import type { Detector } from '../detector-contract.ts';
import { drawDetections } from '../image/draw.ts';
import { readImageHeader, uprightSize } from '../image/header.ts';
import { encodeImage, type WritableFormat } from '../image/node/encode.ts';

/** Plain data, so that it can go to a worker. */
export interface ImageJob {
  /** How messages call the image. */
  file: string;
  /** A JPEG, PNG or WebP file. */
  bytes: Uint8Array;
  options: Omit<DetectOptions, 'signal'>;
  /** Return the image with boxes and labels drawn in, as such a file. */
  annotate?: WritableFormat;
}

/** What was found in one image. */
export interface ImageFinding {
  /** Pixels, the image upright. */
  width: number;
  height: number;
  detections: Detection[];
  /** The annotated image as a file, where asked for. */
  annotated?: Uint8Array;
}

export async function detectImage(
  detector: Pick<Detector, 'detect'>,
  { file, bytes, options, annotate }: ImageJob,
  { signal }: { signal?: AbortSignal },
): Promise<ImageFinding> {
  const reading = { source: file, maxPixels: options.maxPixels };
  if (!annotate) {
    const { width, height } = uprightSize(readImageHeader(bytes, reading));
    const imageFile = new File([bytes as Uint8Array<ArrayBuffer>], file);
    return { width, height, detections: await detector.detect(imageFile, { ...options, signal }) };
  }
  const image = await decodeImage(bytes, reading);
  const { width, height } = image;
  const detections = await detector.detect(image, { ...options, signal });
  const annotated = await encodeImage(drawDetections(image, detections), annotate);
  return { width, height, detections, annotated };
}
