/** `json`: one array of results, or one object per file. */
import { type ResultFormat, roundedResult } from './format.ts';

export const JSON_FORMAT: ResultFormat = {
  extension: '.json',
  document() {
    let isFirst = true;
    return {
      image(result) {
        const opening = isFirst ? '[\n' : ',\n';
        isFirst = false;
        return opening + JSON.stringify(roundedResult(result));
      },
      end: () => (isFirst ? '[]\n' : '\n]\n'),
    };
  },
  page: (result) => `${JSON.stringify(roundedResult(result), null, 2)}\n`,
};
