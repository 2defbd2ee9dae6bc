/** Options of `refinedet info`. */
import { classes, inputSizeOf, JSON_OUTPUT } from '../options/common-rows.ts';
import { type FlagsOf, off } from '../options/option-table.ts';

export const INFO_OPTIONS = {
  'Options:': {
    inputSize: inputSizeOf("the model's"),
    classes: classes('classes of a preset', 'voc'),
    layers: off('leave out the table of layers'),
    json: JSON_OUTPUT,
  },
};

export type InfoFlags = FlagsOf<typeof INFO_OPTIONS>;
