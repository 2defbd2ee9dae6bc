/** `csv`: a header and one line per detection (RFC 4180 quoting). */

import { roundedDetection } from '../../rounding.ts';
import type { ResultFormat } from './format.ts';

export const CSV_FORMAT: ResultFormat = {
  extension: '.csv',
  document: () => ({
    start: 'file,label,class_id,score,x,y,width,height\n',
    image: ({ file, detections }) =>
      detections
        .map(roundedDetection)
        .map(({ label, classId, score, box }) => {
          const { x, y, width, height } = box;
          return `${quoted(file)},${quoted(label)},${[classId, score, x, y, width, height]}\n`;
        })
        .join(''),
  }),
};

export function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
