/** `jsonl`: one JSON object a line and picture. */
import { type ResultFormat, roundedResult } from './format.ts';

export const JSONL_FORMAT: ResultFormat = {
  extension: '.jsonl',
  document: () => ({ picture: (result) => `${JSON.stringify(roundedResult(result))}\n` }),
};
