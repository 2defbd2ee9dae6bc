/** Text files of a dataset that the rest can do without. */
import { RefineDetError } from '../errors.ts';
import type { Report } from './check/findings.ts';
import { readText, type TextOptions } from './dataset-files.ts';
import { EncodingError } from './decode-text.ts';

/**
 * As `readText`, but what is wrong with the text is reported.
 * @returns undefined after a report
 * @throws FILE_NOT_FOUND
 */
export async function readTextOrReport(
  file: string,
  report: Report,
  options?: TextOptions,
): Promise<string | undefined> {
  try {
    return await readText(file, options);
  } catch (error) {
    reportText(error, file, report);
    return undefined;
  }
}

/**
 * Reports what `readText` found wrong with a text.
 * @throws any other error
 */
export function reportText(error: unknown, file: string, report: Report): void {
  if (!(error instanceof RefineDetError) || error.code === 'FILE_NOT_FOUND') throw error;
  if (error.cause instanceof EncodingError) report('text-encoding', error.cause.message, { file });
  else report('malformed-file', error.message, { file });
}
