/**
 * Boxes of MOTChallenge text files, one per line: `frame,id,left,top,width,height,confidence,…`. Ground
 * truth of MOT16 and later goes on with class and visibility (9 columns), that of MOT15 with a position
 * in the world (10 columns).
 */

import type { Box } from '../../boxes.ts';
import { isCoordinate, toNumber } from '../../datasets/parse-number.ts';
import { malformed, readResultBytes } from '../result-files.ts';

/** A box of one object in one frame. */
export interface MotBox {
  /** Number of the frame; files count from 1. */
  frame: number;
  id: number;
  box: Box;
  /** Confidence; 0 marks boxes of the ground truth that do not count. Default 1. */
  confidence?: number;
  /** MOTChallenge's number of the class, 1 for pedestrians. Absent if the file has no classes. */
  classId?: number;
}

const COLUMNS = ['frame', 'id', 'left', 'top', 'width', 'height'];
const [CONFIDENCE, CLASS] = [6, 7];
/** Number of columns of a file with world positions instead of classes. */
const WORLD_COLUMNS = 10;

/**
 * Reads the boxes of a file.
 * @throws FILE_NOT_FOUND, or PREDICTIONS_FORMAT naming file and line
 */
export async function readMotBoxes(file: string): Promise<MotBox[]> {
  const text = (await readResultBytes(file)).toString('utf8');
  const boxes: MotBox[] = [];
  const seen = new Set<string>();
  for (const [index, content] of text.split('\n').entries()) {
    const trimmed = content.trim();
    if (trimmed === '') continue;
    const place = { file, line: index + 1 };
    const fields = trimmed.split(/\s*,\s*|\s+/);
    if (fields.length < COLUMNS.length) {
      throw malformed(place, `"${COLUMNS.join(',')},…" is expected, not ${fields.length} fields`);
    }
    const values = fields.map(toNumber);
    const isWrong = (_: string, i: number) => !(i < 2 ? Number.isInteger : isCoordinate)(values[i]);
    const wrong = COLUMNS.findIndex(isWrong);
    if (wrong >= 0) {
      const kind = wrong < 2 ? 'a whole number' : 'a number';
      throw malformed(place, `${COLUMNS[wrong]} must be ${kind}, not "${fields[wrong]}"`);
    }
    const [frame, id, x, y, width, height] = values;
    const key = `${frame} ${id}`;
    if (seen.has(key)) throw malformed(place, `frame ${frame} has a second box of object ${id}`);
    seen.add(key);
    const hasClass = fields.length > CLASS && fields.length < WORLD_COLUMNS && values[CLASS] > 0;
    boxes.push({
      frame,
      id,
      box: { x, y, width, height },
      ...(fields.length > CONFIDENCE && { confidence: values[CONFIDENCE] }),
      ...(hasClass && { classId: values[CLASS] }),
    });
  }
  return boxes;
}
