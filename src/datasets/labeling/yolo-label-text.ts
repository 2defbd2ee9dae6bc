/** Labels as lines of YOLO, which has no mark for difficult boxes. */
import type { ImageSize } from '../image-size.ts';
import { splitLines } from '../split-lines.ts';
import { parseYoloLines, type YoloLine } from '../yolo/yolo-lines.ts';
import { isSameBox, type LabelBox } from './label-boxes.ts';

/** 1e-8 of the widest image is far below a thousandth of a pixel. */
const DECIMALS = 8;

/** @param names class names by the numbers of the labels */
export function readYoloLabels(
  text: string,
  names: readonly string[],
  size: ImageSize,
  keypoints = false,
): LabelBox[] {
  return parseYoloLines(text, size, keypoints).flatMap((line) => labelBox(line, names) ?? []);
}

/**
 * @param before text of the file until now: lines of boxes that have not changed stay, such as polygons, and
 *   lines that are not boxes
 */
export function writeYoloLabels(
  boxes: readonly LabelBox[],
  names: readonly string[],
  size: ImageSize,
  before = '',
  keypoints = false,
): string {
  const lines = boxes.map((box) => ({ box, row: labelLine(box, names, size) }));
  const kept: string[] = [];
  for (const line of parseYoloLines(before, size, keypoints)) {
    const old = labelBox(line, names);
    const same = old && lines.find(({ box }) => isSameBox({ ...box, difficult: false }, old));
    if (same) same.row = line.row;
    else if (!old) kept.push(line.row);
  }
  return [...lines.map(({ row }) => row), ...kept].map((row) => `${row}\n`).join('');
}

/** Gives the lines of a class another number; without `to`, deletes them. */
export function replaceYoloClass(text: string, from: number, to?: number): string {
  const isFrom = (row: string) => Number(row.trim().split(/\s+/, 1)[0] || Number.NaN) === from;
  if (!splitLines(text).some(isFrom)) return text;
  const rows = splitLines(text).flatMap((row) => {
    if (!isFrom(row)) return [row];
    return to === undefined ? [] : [row.replace(/\S+/, String(to))];
  });
  return rows.join('\n');
}

function labelBox({ classId, box }: YoloLine, names: readonly string[]): LabelBox | undefined {
  const label = names[classId];
  if (!box || label === undefined || !(box.width > 0 && box.height > 0)) return undefined;
  return { label, box, difficult: false };
}

function labelLine({ label, box }: LabelBox, names: readonly string[], size: ImageSize): string {
  const { x, y, width, height } = box;
  const values = [
    (x + width / 2) / size.width,
    (y + height / 2) / size.height,
    width / size.width,
    height / size.height,
  ];
  return `${names.indexOf(label)} ${values.map((value) => value.toFixed(DECIMALS)).join(' ')}`;
}
