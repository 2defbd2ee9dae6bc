/** A whole JSON file of a labeling tool. */
import { parseJson } from '../../json.ts';
import type { Report } from '../check/findings.ts';
import { readTextOrReport } from '../read-text.ts';

/**
 * @returns undefined after a report
 * @throws FILE_NOT_FOUND
 */
export async function readJsonOrReport(
  file: string,
  report: Report,
  limit: number,
): Promise<unknown> {
  const text = await readTextOrReport(file, report, { limit });
  if (text === undefined) return undefined;
  try {
    return parseJson(text);
  } catch (error) {
    report('malformed-file', (error as Error).message.slice(0, 200), { file });
    return undefined;
  }
}
