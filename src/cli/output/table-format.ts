/** `table`: aligned text for people. */
import { counted, printable } from '../printable.ts';
import { textTable } from '../text-table.ts';
import type { ImageResult, ResultFormat } from './format.ts';

const HEADER = ['object', 'score', 'x', 'y', 'width', 'height'];

export const TABLE_FORMAT: ResultFormat = {
  extension: '.txt',
  document: ({ colors }) => ({
    image({ file, width, height, detections }) {
      const found =
        detections.length === 0 ? 'nothing found' : counted(detections.length, 'object');
      const title = `${colors.bold(printable(file))}  ${width}×${height}  ${found}\n`;
      if (detections.length === 0) return title;
      const [header, ...lines] = textTable(HEADER, rows(detections));
      return [title, `  ${colors.dim(header)}\n`, ...lines.map((line) => `  ${line}\n`)].join('');
    },
  }),
};

function rows(detections: ImageResult['detections']) {
  return detections.map(({ label, score, box: { x, y, width, height } }) => [
    printable(label),
    score.toFixed(2),
    ...[x, y, width, height].map(Math.round),
  ]);
}
