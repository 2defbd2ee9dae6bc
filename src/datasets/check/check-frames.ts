/** Boxes of another frame than their image, found without reading whole images. */
import type { Dataset } from '../dataset-types.ts';
import { findFrames, frameProblem, readHeaders, statedSize, statesSizes } from '../frames.ts';
import { imageKey } from './check-images.ts';
import type { Report } from './findings.ts';

/** Reports, and moves no box: predictions of other tools may be of the frame of the annotations. */
export async function checkFrames(dataset: Dataset, report: Report): Promise<void> {
  if (!statesSizes(dataset)) return;
  const images = dataset.images.filter((image) => statedSize(image));
  const headers = await readHeaders(images);
  for (const [image, frame] of findFrames(images, headers)) {
    const problem = frameProblem(image, headers.get(image.path)!, frame);
    if (!problem) continue;
    const place = { file: image.annotationPath, ...imageKey(image) };
    report(problem.code, problem.message, place);
  }
}
