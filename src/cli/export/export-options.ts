/** Options of `refinedet export`. */
import { FORCE, inputSizeOf } from '../options/common-rows.ts';
import { type FlagsOf, on, value } from '../options/option-table.ts';
import { choice } from '../options/parsers.ts';

export const EXPORT_OPTIONS = {
  'Options:': {
    inputSize: inputSizeOf("the model's"),
    dynamicBatch: on('leave the number of images open', { default: '1 image' }),
    dtype: value('<type>', choice(['f32', 'f16']), 'type of the weights; f16 has half the size', {
      default: 'f32',
    }),
    force: FORCE,
  },
};

export type ExportFlags = FlagsOf<typeof EXPORT_OPTIONS>;
