/** Options of `refinedet demo`. */
import { MODEL } from '../options/common-rows.ts';
import { type FlagsOf, initially, text, value } from '../options/option-table.ts';
import { port } from '../options/parsers.ts';

export const DEMO_OPTIONS = {
  'Options:': {
    model: MODEL,
    port: value('<n>', port, 'port to listen at', {
      short: 'p',
      default: '8320, or a free one',
    }),
    host: initially('127.0.0.1', text('<address>', 'address to listen at')),
    out: text('<dir>', 'write the page and the model as static files instead of serving them', {
      short: 'o',
    }),
  },
};

export type DemoFlags = FlagsOf<typeof DEMO_OPTIONS>;
