/** Boxes against the image they lie in. */
import type { Box } from '../../boxes.ts';
import type { DatasetImage, GroundTruth } from '../dataset-types.ts';
import type { ImageSize } from '../image-size.ts';
import type { Place, Report } from './findings.ts';

/** Overhang that rounding and 0-based corners explain, pixels. */
const TOLERANCE = 1;

/** Reports boxes that lie outside the image or reach over its edge. */
export function checkBoxes(
  image: DatasetImage,
  size: ImageSize,
  classes: readonly string[],
  report: Report,
): void {
  for (const truth of image.boxes) {
    const overhang = boxOverhang(truth.box, size);
    if (overhang <= TOLERANCE) continue;
    const label = `box ${showBox(truth.box)} of "${classes[truth.classId]}"`;
    const within = `the ${size.width}×${size.height} image`;
    if (clipBox(truth.box, size)) {
      const message = `${label} reaches ${round(overhang)} pixels over ${within}`;
      report('box-overhangs', message, boxPlace(image, truth));
    } else {
      report('box-outside', `${label} lies outside ${within}`, boxPlace(image, truth));
    }
  }
}

/** By how many pixels a box reaches over the nearest edge, at most; 0 inside. */
export function boxOverhang({ x, y, width, height }: Box, size: ImageSize): number {
  return Math.max(0, -x, -y, x + width - size.width, y + height - size.height);
}

/** The part of a box inside an image; undefined when there is none. */
export function clipBox(box: Box, size: ImageSize): Box | undefined {
  const [x, y] = [Math.max(0, box.x), Math.max(0, box.y)];
  const width = Math.min(size.width, box.x + box.width) - x;
  const height = Math.min(size.height, box.y + box.height) - y;
  return width > 0 && height > 0 ? { x, y, width, height } : undefined;
}

export function boxPlace({ annotationPath: file }: DatasetImage, { line, id }: GroundTruth): Place {
  if (line !== undefined) return { file, line };
  return id === undefined ? { file } : { file, key: `annotations[id=${id}].bbox` };
}

/** x, y, width, height to a hundredth of a pixel. */
export const showBox = ({ x, y, width, height }: Box): string =>
  [x, y, width, height].map(round).join(', ');

const round = (value: number): number => Math.round(value * 100) / 100;
