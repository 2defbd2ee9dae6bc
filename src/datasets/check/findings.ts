/**
 * What can be wrong with a dataset. Readers report findings to a {@link Report}: loading stops at
 * the first one that matters, checking collects them all.
 */
import { RefineDetError } from '../../errors.ts';
import { groupBy } from '../group-by.ts';

/** Errors make `dataset check` fail; notes are only worth knowing. */
export type Severity = 'error' | 'warning' | 'note';

/** Every finding code with its severity and what to do. Codes are stable: programs may test them. */
const FINDINGS = {
  'malformed-file': ['error', 'Correct the file at this place, or remove it and its image.'],
  'text-encoding': ['error', 'Save the file as UTF-8, or declare its encoding in its first line.'],
  'missing-annotation': ['error', 'Restore the annotation file, or take its name off the list.'],
  'missing-split': ['error', 'Correct the path of this split, or remove the split.'],
  'unsafe-path': ['error', 'Write the name relative to the folder of the images.'],
  'ambiguous-name': ['error', 'Rename one of the two, so that the name means one file.'],
  'unknown-class': ['error', 'Correct the class of the box, or add the class to the list.'],
  'unknown-image': ['error', 'Add the image to the file, or remove its annotations.'],
  'duplicate-id': ['error', 'Give one of the two another id, or remove it.'],
  'repeated-image': ['warning', 'Remove the second entry; it is not read.'],
  'zero-area-box': ['error', 'Remove the box or draw it again; it is not read.'],
  'box-outside': ['error', 'Remove the box or draw it again; --fix removes it.'],
  'box-overhangs': ['warning', 'Check that the box is of this image; --fix clips it.'],
  'missing-image': ['error', 'Restore the image, or say with --image-folder where images are.'],
  'undecodable-image': ['error', 'Save the image again as JPEG, PNG or WebP, or remove it.'],
  'size-mismatch': [
    'error',
    'Label the image again, or let --fix turn or scale boxes whose frame is known.',
  ],
  'unknown-frame': ['warning', 'Look whether boxes and image agree; if not, label them again.'],
  'duplicate-image': ['warning', 'Remove one of the two images.'],
  'split-overlap': ['error', 'Remove the image from one of the splits.'],
  'empty-split': ['error', 'Add images to the split, or remove the split.'],
  'classes-differ': ['error', 'Give all splits one class list.'],
  'similar-classes': ['warning', 'If it is a slip, correct the name or merge the two with --map.'],
  'unused-class': ['warning', 'Leave the class out with --classes, or label objects of it.'],
  'unused-label': ['warning', 'Restore the image of these labels, list it, or remove them.'],
  'unlabeled-image': ['note', 'Label the image, or leave it as it is if it shows no object.'],
  'unused-file': ['note', 'Nothing to do, unless the dataset should contain it.'],
  'merged-classes': ['note', 'Nothing to do, unless the classes differ: then rename one of them.'],
  'box-of-shape': ['note', 'Nothing to do: boxes are the smallest around the shapes.'],
  'shape-left-out': ['note', 'Nothing to do, unless they mark objects: draw boxes around these.'],
  'unread-object': [
    'warning',
    'Draw boxes around these objects, or export them as polygons: their images count as background.',
  ],
  'label-score': ['note', 'Nothing to do, unless the labels should come from people.'],
  'no-boxes': ['note', 'Nothing to do if these images show no object: they are background.'],
  'too-many-findings': ['error', 'Correct the findings above, then check again.'],
} as const satisfies Record<string, readonly [Severity, advice: string]>;

/** What can be wrong with a dataset. */
export type FindingCode = keyof typeof FINDINGS;

/** One thing found wrong in a dataset, with its place. */
export interface Finding {
  severity: Severity;
  /** Stable identifier such as `zero-area-box`. */
  code: FindingCode;
  /** One sentence naming the offending value. */
  message: string;
  /** One sentence that says what to do. */
  advice: string;
  /** Absolute path of the annotation file or image. */
  file?: string;
  /** 1-based. */
  line?: number;
  /** Where a line says little: `annotations[id=42].bbox`, `names.3`. */
  key?: string;
  /** Boxes that are not read because of it, where it is not one. */
  boxes?: number;
}

/** Where a finding was made; see {@link Finding}. */
export type Place = Pick<Finding, 'file' | 'line' | 'key' | 'boxes'>;

/** Takes note of a finding. The reader goes on without the item concerned if it returns. */
export type Report = (code: FindingCode, message: string, place: Place) => void;

/** What loading only warns of: what can be left out, and what a reader cannot settle. */
const WARNED_ON_LOAD: ReadonlySet<FindingCode> = new Set([
  'zero-area-box',
  'size-mismatch',
  'missing-split',
]);

/** A file of a byte or two a finding must not fill the memory. */
const MOST_FINDINGS = 100_000;

const finding = (code: FindingCode, message: string, place: Place): Finding => {
  const [severity, advice] = FINDINGS[code];
  return { severity, code, message, advice, ...place };
};

/** A report that keeps up to 100,000 findings of each severity. */
export function collect(findings: Finding[]): Report {
  const counts = { error: 0, warning: 0, note: 0 };
  return (code, message, place) => {
    const found = finding(code, message, place);
    const count = counts[found.severity]++;
    if (count < MOST_FINDINGS) findings.push(found);
    else if (count === MOST_FINDINGS) {
      const more = `the ${found.severity}s after ${MOST_FINDINGS} others are not listed`;
      findings.push({ ...finding('too-many-findings', more, {}), severity: found.severity });
    }
  };
}

/** A report for loading: errors are thrown unless loading can go on, then they become warnings. */
export function stopAtErrors(warnings: Finding[]): Report {
  return (code, message, place) => {
    const found = finding(code, message, place);
    if (found.severity === 'note') return;
    if (found.severity === 'error' && !WARNED_ON_LOAD.has(code)) {
      throw new RefineDetError('DATASET_FORMAT', `${formatPlace(place)}: ${message}`);
    }
    warnings.push({ ...found, severity: 'warning' });
  };
}

/** `file:line (key)`, as far as known; files below `base` are shown relative to it. */
export function formatPlace({ file, line, key }: Place, base?: string): string {
  // Without node:path: pages report findings too.
  const isInside = (name: string, folder: string) =>
    name.startsWith(folder) && /[/\\]/.test(name.charAt(folder.length));
  const shown = file && base && isInside(file, base) ? file.slice(base.length + 1) : file;
  const position = line === undefined ? (shown ?? '') : `${shown}:${line}`;
  if (key === undefined) return position;
  return position ? `${position} (${key})` : key;
}

const MOST_EXAMPLES = 3;

/** Warnings as lines: one for those of a kind, with examples, where there are many. */
export function warningLines(warnings: readonly Finding[]): string[] {
  return [...groupBy(warnings, ({ code }) => code)].flatMap(([code, group]) => {
    const lines = group.map((warning) => {
      const place = formatPlace(warning);
      return place ? `${place}: ${warning.message}` : warning.message;
    });
    if (lines.length <= MOST_EXAMPLES) return lines;
    const examples = lines.slice(0, MOST_EXAMPLES).join('; ');
    return [`${code}, ${lines.length} times: ${examples}; … (refinedet dataset check lists all)`];
  });
}

/** Files are read in any order; the report must not depend on it. */
export function sortFindings(findings: readonly Finding[]): Finding[] {
  const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
  return findings.toSorted(
    (a, b) =>
      compare(a.file ?? '', b.file ?? '') ||
      (a.line ?? 0) - (b.line ?? 0) ||
      compare(a.key ?? '', b.key ?? '') ||
      compare(a.code, b.code),
  );
}
