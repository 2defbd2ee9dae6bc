/** `yolo`: one file per image, with lines `classId cx cy width height score` in fractions of the image. */

import { roundedScore } from '../../rounding.ts';
import { hasArea, type ResultFormat } from './format.ts';

/** A hundredth of a pixel on an image of ten thousand. */
const DECIMALS = 6;

export const YOLO_FORMAT: ResultFormat = {
  extension: '.txt',
  // Its lines have numbers of classes only.
  listing: ({ classes }) => ({ name: 'classes.txt', text: `${classes.join('\n')}\n` }),
  page: ({ width, height, detections }) =>
    detections
      .map(({ classId, score, box }) => {
        const fractions = [
          (box.x + box.width / 2) / width,
          (box.y + box.height / 2) / height,
          box.width / width,
          box.height / height,
        ];
        const numbers = fractions.map((fraction) => fraction.toFixed(DECIMALS));
        if (!hasArea(Number(numbers[2]), Number(numbers[3]))) return '';
        return `${[classId, ...numbers, roundedScore(score)].join(' ')}\n`;
      })
      .join(''),
};
