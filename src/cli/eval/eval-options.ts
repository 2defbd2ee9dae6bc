/** Options of `refinedet eval`. */
import { METRICS } from '../../evaluation/evaluate.ts';
import {
  BACKEND,
  BOX_VOTING,
  CLASS_MAP,
  COMPUTE,
  classes,
  DATA,
  DATA_FORMAT,
  IMAGE_FOLDER,
  inputSizeOf,
  JSON_OUTPUT,
  MODEL,
  MULTI_SCALE,
  QUIET,
  SPLIT,
  THREADS,
  threshold,
  WORKERS,
} from '../options/common-rows.ts';
import { type FlagsOf, on, required, text, value } from '../options/option-table.ts';
import { choice, count, fraction } from '../options/parsers.ts';

export const EVAL_OPTIONS = {
  'Data and metric:': {
    data: required(DATA),
    split: { ...SPLIT, default: 'the only one' },
    dataFormat: DATA_FORMAT,
    imageFolder: IMAGE_FOLDER,
    classes: classes('score only these classes', 'all'),
    map: CLASS_MAP,
    metric: value(
      '<metric>',
      choice([...METRICS, 'mot']),
      'metric; voc07 averages 11 points, voc12 the whole curve, mot scores tracks',
      {
        default: 'coco for COCO data, else voc07',
      },
    ),
    iou: value('<iou>', fraction, 'VOC: overlap that a right detection must exceed', {
      default: '0.5',
    }),
    limit: value('<n>', count(), 'score only the first n images', { default: 'all' }),
  },
  'Detections:': {
    model: MODEL,
    predictions: text(
      '<path>',
      'score these instead of running a model: COCO results .json, or a folder of VOC comp4_det_*_CLASS.txt files',
      { short: 'p' },
    ),
    tracks: text(
      '<path>',
      'with --metric mot: MOTChallenge file to score, or a folder with VIDEO.txt for each video',
    ),
    threshold: threshold('lowest score that the model reports', '0.01'),
    boxVoting: BOX_VOTING,
    multiScale: MULTI_SCALE,
    inputSize: inputSizeOf("the model's"),
    compute: COMPUTE,
    threads: THREADS,
    backend: BACKEND,
    workers: WORKERS,
  },
  'Output:': {
    json: JSON_OUTPUT,
    report: text('<file>', 'write an HTML report with curves, confusions and the worst errors'),
    savePredictions: text(
      '<path>',
      'write the detections: COCO results to a .json file, VOC files to a folder',
    ),
    force: on('let --report and --save-predictions replace files'),
    quiet: QUIET,
  },
};

export type EvalFlags = FlagsOf<typeof EVAL_OPTIONS>;
