/** Options of `refinedet label`. */
import { DATA_FORMAT, MODEL, MODEL_WORD } from '../options/common-rows.ts';
import { type FlagsOf, value } from '../options/option-table.ts';
import { port } from '../options/parsers.ts';

export const LABEL_OPTIONS = {
  'Options:': {
    dataFormat: { ...DATA_FORMAT, default: 'what the folder has, VOC for images alone' },
    model: { ...MODEL, help: `model that suggests boxes: ${MODEL_WORD}` },
    port: value('<n>', port, 'port to listen at, on this machine only', {
      short: 'p',
      default: '8322, or a free one',
    }),
  },
};

export type LabelFlags = FlagsOf<typeof LABEL_OPTIONS>;
