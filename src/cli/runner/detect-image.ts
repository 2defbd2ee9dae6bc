/** The work on one image. It is decoded once, whole when there is an annotated copy to draw. */
import { decodeImage } from '#platform';
import type { RefineDet } from '../../detector.ts';
import { drawDetections } from '../../image/draw.ts';
import { readImageHeader, uprightSize } from '../../image/header.ts';
import { encodeImage } from '../../image/node/encode.ts';
import type { ImageFinding, ImageJob, RunnerSetup } from './runner.ts';

export async function detectImage(
  detector: RefineDet,
  { detect }: Pick<RunnerSetup, 'detect'>,
  { file, bytes, annotate }: ImageJob,
  signal?: AbortSignal,
): Promise<ImageFinding> {
  const reading = { source: file, maxPixels: detect.maxPixels };
  if (!annotate) {
    const { width, height } = uprightSize(readImageHeader(bytes, reading));
    const imageFile = new File([bytes as Uint8Array<ArrayBuffer>], file);
    return { width, height, detections: await detector.detect(imageFile, { ...detect, signal }) };
  }
  const image = await decodeImage(bytes, reading);
  const { width, height } = image;
  const detections = await detector.detect(image, { ...detect, signal });
  const annotated = await encodeImage(drawDetections(image, detections), annotate);
  return { width, height, detections, annotated };
}
