/** `voc`: one PASCAL VOC annotation per image; every object carries its score. */
import path from 'node:path';
import type { Detection } from '../../boxes.ts';
import { vocCorners } from '../../datasets/voc/voc-box.ts';
import { vocXmlText, type WrittenObject } from '../../datasets/voc/voc-xml-text.ts';
import { type ResultFormat, roundedPixels, roundedScore } from './format.ts';

export const VOC_FORMAT: ResultFormat = {
  extension: '.xml',
  page: ({ file, width, height, detections }) =>
    vocXmlText(path.basename(file), { width, height }, detections.map(writtenObject)),
};

function writtenObject({ label, score, box }: Detection): WrittenObject {
  const corners = vocCorners(box).map(roundedPixels);
  return { name: label, corners, score: roundedScore(score) };
}
