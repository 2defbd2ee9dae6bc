/** One image of a YOLO dataset and the lines of its label file. */
import path from 'node:path';
import type { Report } from '../check/findings.ts';
import { isFile, MAX_ANNOTATION_BYTES, withoutExtension } from '../dataset-files.ts';
import type { DatasetImage, GroundTruth } from '../dataset-types.ts';
import { type ImageSize, sizeOrReport } from '../image-size.ts';
import { readTextOrReport } from '../read-text.ts';
import { splitLines } from '../split-lines.ts';
import type { YoloConfig } from './yolo-config.ts';
import { parseYoloLines } from './yolo-lines.ts';

interface YoloImage {
  /** Absolute. */
  imageFile: string;
  fileName: string;
  /** Absolute; need not exist. */
  labels: string;
  config: YoloConfig;
  kinds: LineKinds;
  report: Report;
}

/** Counts label lines that hold more or other things than a box: one note for a split. */
export class LineKinds {
  #shapes = 0;
  #scores = 0;
  #poses = 0;
  #first: string | undefined;

  shape(file: string): void {
    this.#shapes++;
    this.#first ??= file;
  }

  score(file: string): void {
    this.#scores++;
    this.#first ??= file;
  }

  pose(file: string): void {
    this.#poses++;
    this.#first ??= file;
  }

  report(split: string, report: Report): void {
    const place = { file: this.#first, key: split };
    if (this.#shapes > 0) {
      const message = `${this.#shapes} label lines of "${split}" are polygons or turned boxes`;
      report('box-of-shape', `${message}: the box around each is read`, place);
    }
    if (this.#scores > 0) {
      const message = `${this.#scores} label lines of "${split}" end in a score or a track`;
      report('label-score', `${message}, which is ignored`, place);
    }
    if (this.#poses > 0) {
      const message = `${this.#poses} label lines of "${split}" look like a box with keypoints`;
      report('shape-left-out', `${message}, which are not read`, place);
    }
  }
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
  if (!(await isFile(labels))) {
    report('unlabeled-image', `${fileName} has no label file: it counts as background`, {
      file: imageFile,
    });
    return image;
  }
  const text = await readTextOrReport(labels, report, { limit: MAX_ANNOTATION_BYTES });
  if (text === undefined) return undefined;
  if (text.trim() === '') return image;
  const lines = splitLines(text).filter((row) => row.trim() !== '').length;
  const size = await sizeOrReport(imageFile, lines, report);
  return size && { ...image, ...size, boxes: parseLabels(text, size, source) };
}

function parseLabels(text: string, size: ImageSize, source: YoloImage): GroundTruth[] {
  const { labels: file, config, kinds, report } = source;
  const boxes: GroundTruth[] = [];
  for (const { row, line, classId, numbers, values, isPose, box } of parseYoloLines(
    text,
    size,
    config.keypoints,
  )) {
    if (!box || !Number.isInteger(classId)) {
      report('malformed-file', `not a label: "${row.slice(0, 60)}"`, { file, line });
    } else if (!(config.classIds[classId] >= 0)) {
      const isBlank = classId in config.classIds;
      const message = isBlank
        ? `line ${classId + 1} of ${path.basename(config.file)}, for class ${classId}, is blank`
        : `class ${classId} is none of the ${config.classIds.length} of ${path.basename(config.file)}`;
      report('unknown-class', message, { file, line });
    } else if (!(box.width > 0 && box.height > 0)) {
      report('zero-area-box', `box ${values.slice(0, 4).join(' ')} has no area`, { file, line });
    } else {
      boxes.push({ classId: config.classIds[classId], box, difficult: false, crowd: false, line });
      if (values.length < numbers.length) kinds.score(file);
      if (isPose && !config.keypoints) kinds.pose(file);
      if (values.length > 4 && !isPose) kinds.shape(file);
    }
  }
  return boxes;
}
