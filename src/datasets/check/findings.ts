/**
 * What can be wrong with a dataset. Readers report findings to a {@link Report}: loading stops at
 * the first one that matters, checking collects them all.
 */
import path from 'node:path';
import { RefineDetError } from '../../errors.ts';
import type { Finding, Severity } from '../dataset-types.ts';

/** Every finding code with its severity. Codes are stable: programs may test them. */
const FINDING_SEVERITY = {
  'malformed-file': 'error',
  'missing-annotation': 'error',
  'unsafe-path': 'error',
  'unknown-class': 'error',
  'unknown-image': 'error',
  'duplicate-id': 'error',
  'repeated-image': 'warning',
  'zero-area-box': 'error',
  'box-outside': 'error',
  'box-overhangs': 'warning',
  'missing-image': 'error',
  'undecodable-image': 'error',
  'size-mismatch': 'error',
  'duplicate-image': 'warning',
  'split-overlap': 'error',
  'empty-split': 'error',
  'classes-differ': 'error',
  'similar-classes': 'warning',
  'unused-class': 'warning',
  'no-boxes': 'note',
  'too-many-findings': 'error',
} as const satisfies Record<string, Severity>;

/** What can be wrong with a dataset. */
export type FindingCode = keyof typeof FINDING_SEVERITY;

/** Where a finding was made; see {@link Finding}. */
export type Place = Pick<Finding, 'file' | 'line' | 'key'>;

/** Takes note of a finding. The reader goes on without the item concerned if it returns. */
export type Report = (code: FindingCode, message: string, place: Place) => void;

/** What a reader leaves out with a warning instead of stopping. */
const LEFT_OUT_ON_LOAD: ReadonlySet<FindingCode> = new Set(['zero-area-box', 'repeated-image']);

/** A file of a byte or two a finding must not fill the memory. */
const MOST_FINDINGS = 100_000;

/** A report that keeps every finding, up to 100,000. */
export function collect(findings: Finding[]): Report {
  const keep: Report = (code, message, place) => {
    findings.push({ severity: FINDING_SEVERITY[code], code, message, ...place });
  };
  return (code, message, place) => {
    if (findings.length < MOST_FINDINGS) keep(code, message, place);
    else if (findings.length === MOST_FINDINGS) {
      keep('too-many-findings', `what was found after ${MOST_FINDINGS} others is not listed`, {});
    }
  };
}

/** A report for loading: what can be left out becomes a warning, anything else is thrown. */
export function stopAtErrors(warnings: Finding[]): Report {
  return (code, message, place) => {
    if (!LEFT_OUT_ON_LOAD.has(code)) {
      throw new RefineDetError('DATASET_FORMAT', `${formatPlace(place)}: ${message}`);
    }
    warnings.push({ severity: 'warning', code, message, ...place });
  };
}

/** `file:line (key)`, as far as known; files below `base` are shown relative to it. */
export function formatPlace({ file, line, key }: Place, base?: string): string {
  const shown = file && base && file.startsWith(base + path.sep) ? path.relative(base, file) : file;
  const position = line === undefined ? (shown ?? '') : `${shown}:${line}`;
  if (key === undefined) return position;
  return position ? `${position} (${key})` : key;
}

/** Files are read in any order; what is told about them must not depend on it. */
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
