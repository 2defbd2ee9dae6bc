/** `voc`: one PASCAL VOC annotation per image; every object carries its score. */
import path from 'node:path';
import type { Detection } from '../../boxes.ts';
import { vocCorners } from '../../datasets/voc/voc-box.ts';
import { vocXmlText, type WrittenObject } from '../../datasets/voc/voc-xml-text.ts';
import { roundedPixels, roundedScore } from '../../rounding.ts';
import { hasArea, type ResultFormat } from './format.ts';

export const VOC_FORMAT: ResultFormat = {
  extension: '.xml',
  page: ({ file, width, height, detections }) =>
    vocXmlText(path.basename(file), { width, height }, detections.flatMap(writtenObject)),
};

/** Nothing for a box of a pixel or less, which no reader takes. */
function writtenObject({ label, score, box }: Detection): WrittenObject[] {
  const corners = vocCorners(box).map(roundedPixels);
  const [xmin, ymin, xmax, ymax] = corners;
  if (!hasArea(xmax - xmin, ymax - ymin)) return [];
  return [{ name: label, corners, score: roundedScore(score) }];
}
