/** Options of `refinedet detect`. */
import {
  classes,
  inputSizeOf,
  MODEL,
  MULTI_SCALE,
  THREADS,
  threshold,
  WORKERS,
} from '../options/common-rows.ts';
import { type FlagsOf, on, optionalText, text, value } from '../options/option-table.ts';
import { choice, count, fraction } from '../options/parsers.ts';
import { FORMATS, type FormatName } from '../output/formats.ts';

export const DETECT_OPTIONS = {
  'Detection:': {
    model: MODEL,
    threshold: threshold('lowest score of a reported object', '0.5'),
    nms: value('<iou>', fraction, 'drop objects that overlap a better one by more', {
      default: '0.45',
    }),
    objectnessThreshold: value('<p>', fraction, 'drop anchors less likely to be an object', {
      default: "the model's",
    }),
    topK: value('<n>', count(), 'best candidates of a class that enter NMS', { default: '1000' }),
    maxDetections: value('<n>', count(), 'most objects per image', { default: '500' }),
    classes: classes('report only these classes', 'all'),
    excludeClasses: text('<names>', 'report all but these classes', { default: 'none' }),
    agnostic: on('let objects of different classes suppress each other'),
    softNms: value(
      '<kind>',
      choice(['linear', 'gaussian']),
      'lower the scores of objects that still overlap after NMS',
    ),
    multiScale: { ...MULTI_SCALE, conflicts: 'tiles' },
    tiles: optionalText(
      '[pixels]',
      'overlapping tiles of this side, for large images with small objects',
      { default: 'off; twice the network input' },
    ),
    fastDecode: on('decode large JPEG files to fewer pixels: faster, slightly blurred'),
    inputSize: inputSizeOf("the model's"),
    threads: THREADS,
    workers: WORKERS,
  },
  'Input and output:': {
    recursive: on('also read the folders inside folders', { short: 'r' }),
    format: value('<format>', choice(Object.keys(FORMATS) as FormatName[]), 'format of results', {
      short: 'f',
      default: 'table; json with --out',
    }),
    out: text('<dir>', 'write results to files in this folder instead of printing them', {
      short: 'o',
    }),
    save: optionalText('[dir]', 'save images with the boxes drawn in', {
      short: 's',
      default: 'into --out or detections',
    }),
    force: on('let --out replace files'),
    quiet: on('no progress bar and no summary', { short: 'q' }),
  },
};

export type DetectFlags = FlagsOf<typeof DETECT_OPTIONS>;
