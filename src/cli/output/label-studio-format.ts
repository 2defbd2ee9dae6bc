/** `labelstudio`: a JSON list of tasks with predictions, which Label Studio imports. */
import path from 'node:path';
import { roundedDetection } from '../../rounding.ts';
import { hasArea, type ImageResult, jsonList, type ResultFormat } from './format.ts';

/** A hundredth of a pixel on an image of ten thousand. */
const PERCENT_STEPS = 1e4;

export const LABEL_STUDIO_FORMAT: ResultFormat = {
  extension: '.json',
  document: () => jsonList(task),
};

/**
 * A path as Label Studio's storage of local files links to it, relative to its document root, with the
 * escapes that it writes itself (Python's `quote`); URLs as they are.
 */
function imageLink(file: string): string {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(file)) return file;
  const parts = path.normalize(file).split(path.sep).filter(Boolean);
  return `/data/local-files/?d=${parts.map(encodeURIComponent).join('/')}`;
}

/** `from_name` and `to_name` are those of Label Studio's template for object detection. */
function task({ file, width, height, detections }: ImageResult): object {
  const percent = (pixels: number, side: number) =>
    Math.round((100 * PERCENT_STEPS * pixels) / side) / PERCENT_STEPS;
  const rounded = detections.map(roundedDetection);
  const whole = rounded.filter(({ box }) => hasArea(box.width, box.height));
  const result = whole.map(({ label, score, box }, i) => ({
    id: `box${i + 1}`,
    from_name: 'label',
    to_name: 'image',
    type: 'rectanglelabels',
    original_width: width,
    original_height: height,
    image_rotation: 0,
    score,
    value: {
      x: percent(box.x, width),
      y: percent(box.y, height),
      width: percent(box.width, width),
      height: percent(box.height, height),
      rotation: 0,
      rectanglelabels: [label],
    },
  }));
  const score = Math.max(0, ...whole.map((detection) => detection.score));
  return {
    data: { image: imageLink(file) },
    predictions: [{ model_version: 'refinedet', score, result }],
  };
}
