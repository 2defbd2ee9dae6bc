/** `json`: one array of results, or one object per file. */
import { jsonList, type ResultFormat, roundedResult } from './format.ts';

export const JSON_FORMAT: ResultFormat = {
  extension: '.json',
  document: () => jsonList(roundedResult),
  page: (result) => `${JSON.stringify(roundedResult(result), null, 2)}\n`,
};
