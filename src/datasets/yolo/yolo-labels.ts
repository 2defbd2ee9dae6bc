/** One image of a YOLO dataset and the lines of its label file. */
import type { Box } from '../../boxes.ts';
import { RefineDetError } from '../../errors.ts';
import type { Report } from '../check/findings.ts';
import { isFile, MAX_ANNOTATION_BYTES, readText, withoutExtension } from '../dataset-files.ts';
import type { DatasetImage, GroundTruth } from '../dataset-types.ts';
import { type ImageSize, readImageFileSize } from '../image-size.ts';
import { isCoordinate, toNumber } from '../parse-number.ts';
import type { YoloConfig } from './yolo-config.ts';

interface YoloImage {
  /** Absolute. */
  imageFile: string;
  fileName: string;
  /** Absolute; need not exist. */
  labels: string;
  config: YoloConfig;
  report: Report;
}

/**
 * Reads the boxes; the start of the image too where there are any, because they are relative to its size.
 * @returns undefined when the image cannot be read
 */
export async function readYoloImage(source: YoloImage): Promise<DatasetImage | undefined> {
  const { imageFile, fileName, labels, report } = source;
  const image: DatasetImage = {
    id: withoutExtension(fileName),
    fileName,
    path: imageFile,
    annotationPath: labels,
    boxes: [],
  };
  const text = (await isFile(labels)) ? await readText(labels, MAX_ANNOTATION_BYTES) : '';
  if (text.trim() === '') return image;
  const size = await sizeOrReport(imageFile, report);
  return size && { ...image, ...size, boxes: parseLabels(text, size, source) };
}

async function sizeOrReport(imageFile: string, report: Report): Promise<ImageSize | undefined> {
  try {
    return await readImageFileSize(imageFile);
  } catch (error) {
    if (!(error instanceof RefineDetError)) throw error;
    const code = error.code === 'FILE_NOT_FOUND' ? 'missing-image' : 'undecodable-image';
    report(code, error.message, { file: imageFile });
    return undefined;
  }
}

function parseLabels(text: string, size: ImageSize, source: YoloImage): GroundTruth[] {
  const { labels: file, config, report } = source;
  const boxes: GroundTruth[] = [];
  for (const [index, row] of text.split('\n').entries()) {
    const line = index + 1;
    if (row.trim() === '') continue;
    const [classId, ...values] = row.trim().split(/\s+/).map(toNumber);
    const box = labelBox(values, size, config.keypoints);
    if (!box || !Number.isInteger(classId)) {
      report('malformed-file', `"${row.trim().slice(0, 60)}" is no label`, { file, line });
    } else if (!(classId >= 0 && classId < config.classes.length)) {
      const message = `class ${classId} is none of the ${config.classes.length} of data.yaml`;
      report('unknown-class', message, { file, line });
    } else if (!(box.width > 0 && box.height > 0)) {
      report('zero-area-box', `box ${values.slice(0, 4).join(' ')} has no area`, { file, line });
    } else {
      boxes.push({ classId, box, difficult: false, crowd: false, line });
    }
  }
  return boxes;
}

/**
 * Pixels of `cx cy w h`, or the box around the polygon `x y x y x y …`; all relative to the image.
 * @returns undefined for any other number of values or when one is not a number
 */
function labelBox(
  values: readonly number[],
  { width, height }: ImageSize,
  keypoints: boolean,
): Box | undefined {
  if (!values.every(isCoordinate)) return undefined;
  if (values.length === 4 || (keypoints && values.length > 4)) {
    const [cx, cy, w, h] = values;
    return {
      x: (cx - w / 2) * width,
      y: (cy - h / 2) * height,
      width: w * width,
      height: h * height,
    };
  }
  if (values.length < 6 || values.length % 2 !== 0) return undefined;
  const [left, right] = range(values.filter((_, i) => i % 2 === 0));
  const [top, bottom] = range(values.filter((_, i) => i % 2 === 1));
  return {
    x: left * width,
    y: top * height,
    width: (right - left) * width,
    height: (bottom - top) * height,
  };
}

function range(values: readonly number[]): [least: number, greatest: number] {
  let [least, greatest] = [values[0], values[0]];
  for (const value of values) {
    least = Math.min(least, value);
    greatest = Math.max(greatest, value);
  }
  return [least, greatest];
}
