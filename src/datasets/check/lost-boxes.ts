/** How many boxes reading has left out: a file that cannot be read is not one box. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Finding } from '../dataset-types.ts';
import { groupBy } from '../group-by.ts';
import type { Inspection } from './check-dataset.ts';

/** What begins a box in the files of all formats, by extension. */
const BOX_MARKS: Readonly<Record<string, RegExp>> = {
  '.xml': /<(object|box|polygon|ellipse|mask)[\s>]/g,
  '.json': /"(bbox|points|\w+labels)"\s*:/g,
  '.txt': /\S[^\r\n]*/g,
  '.csv': /\S[^\r\n]*/g,
};

/** Findings about a file, or about one of its boxes. */
const WHOLE_FILE: ReadonlySet<string> = new Set(['malformed-file', 'text-encoding']);
const ONE_BOX: ReadonlySet<string> = new Set([
  'malformed-file',
  'zero-area-box',
  'unknown-class',
  'unknown-image',
]);

/**
 * Boxes by the finding that explains why they are not read, where these are not one each: those that
 * the bytes of the file show, more than were read; of a file or a split that
 * is not there, as many as others have.
 */
export async function lostBoxes({
  report,
  read,
  splits,
}: Inspection): Promise<Map<Finding, number>> {
  const lost = new Map<Finding, number>();
  const perFile = [...read.values()];
  const total = perFile.reduce((sum, boxes) => sum + boxes, 0);
  const [usual, perSplit] = [total / Math.max(1, perFile.length), total / splits.length];
  const all = [...report.errors, ...report.warnings];
  for (const finding of all) {
    const { code, boxes } = finding;
    if (boxes !== undefined) lost.set(finding, boxes);
    else if (code === 'missing-annotation') lost.set(finding, Math.max(1, Math.ceil(usual)));
    else if (code === 'missing-split') lost.set(finding, Math.max(1, Math.ceil(perSplit)));
  }
  for (const [file, findings] of groupBy(all, (finding) => finding.file ?? '')) {
    const whole = findings.find(({ code }) => WHOLE_FILE.has(code));
    if (!whole) continue;
    const unread = (await boxMarks(file)) - (read.get(file) ?? 0);
    // The others are a box each.
    const others = findings.filter((finding) => finding !== whole && ONE_BOX.has(finding.code));
    if (unread - others.length > 1) lost.set(whole, unread - others.length);
  }
  return lost;
}

async function boxMarks(file: string): Promise<number> {
  const marks = BOX_MARKS[path.extname(file).toLowerCase()];
  if (!marks) return 0;
  try {
    const text = (await readFile(file)).toString('latin1').replaceAll('\0', '');
    return [...text.matchAll(marks)].length;
  } catch {
    return 0;
  }
}
