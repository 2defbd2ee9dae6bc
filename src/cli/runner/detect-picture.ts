/** The work on one picture. It is decoded once, for the network and for the annotated copy. */
import { decodeImage } from '#platform';
import type { RefineDet } from '../../detector.ts';
import { drawDetections } from '../../image/draw.ts';
import { encodeImage } from '../../image/node/encode.ts';
import type { PictureFinding, PictureJob, RunnerSetup } from './runner.ts';

export async function detectPicture(
  detector: RefineDet,
  { detect }: Pick<RunnerSetup, 'detect'>,
  { file, bytes, annotate }: PictureJob,
  signal?: AbortSignal,
): Promise<PictureFinding> {
  const image = await decodeImage(bytes, { source: file, maxPixels: detect.maxPixels });
  const { width, height } = image;
  const detections = await detector.detect(image, { ...detect, signal });
  if (!annotate) return { width, height, detections };
  const annotated = await encodeImage(drawDetections(image, detections), annotate);
  return { width, height, detections, annotated };
}
