/** `jsonl`: one line with a JSON object per image. */
import { type ResultFormat, roundedResult } from './format.ts';

export const JSONL_FORMAT: ResultFormat = {
  extension: '.jsonl',
  document: () => ({ image: (result) => `${JSON.stringify(roundedResult(result))}\n` }),
};
