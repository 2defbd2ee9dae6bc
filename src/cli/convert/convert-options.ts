/** Options of `refinedet convert`. */
import { classes, DATA_WORD, FORCE, inputSizeOf } from '../options/common-rows.ts';
import { dataPart } from '../options/data-part.ts';
import { type FlagsOf, on, text, value } from '../options/option-table.ts';
import { choice, count } from '../options/parsers.ts';

export const CONVERT_OPTIONS = {
  'Options:': {
    preset: text('<name>', 'architecture of foreign weights; `refinedet info` lists them'),
    classes: classes('classes of foreign weights, in the order of the scores'),
    dtype: value(
      '<type>',
      choice(['f32', 'f16', 'int8']),
      'type of the weights; f16 has half the size, int8 a quarter to a third',
      { default: 'f32' },
    ),
    calibrate: value(
      '<path[:split]>',
      (given) => dataPart(given),
      `calibrate the model for 8-bit inference on images: ${DATA_WORD}`,
    ),
    calibrationImages: value('<n>', count(), 'images of a calibration, spread over the dataset', {
      default: '64',
    }),
    fitThreshold: value(
      '<path[:split]>',
      (given) => dataPart(given),
      `shift the scores until 0.5 is the best threshold on images with boxes: ${DATA_WORD}`,
    ),
    layout: text('<name>', 'naming scheme of the tensors', { default: 'recognized' }),
    inputSize: inputSizeOf("the preset's"),
    init: on('fill what the file lacks with random weights: a start for training'),
    force: FORCE,
  },
};

export type ConvertFlags = FlagsOf<typeof CONVERT_OPTIONS>;
