/** Options of `refinedet dataset check`, `convert`, `split` and `rank`. */
import { WRITTEN_FORMATS } from '../../datasets/dataset-types.ts';
import type { CopyImages } from '../../datasets/index.ts';
import { SPLIT_GROUPS } from '../../datasets/split-dataset.ts';
import { PRESETS, type PresetName } from '../../model/presets.ts';
import {
  CLASS_MAP,
  classes,
  DATA_FORMAT,
  FORCE,
  IMAGE_FOLDER,
  JSON_OUTPUT,
  MODEL,
  QUIET,
  SPLIT,
  THREADS,
  WORKERS,
} from '../options/common-rows.ts';
import { type FlagsOf, initially, on, required, text, value } from '../options/option-table.ts';
import { choice, count, fraction } from '../options/parsers.ts';

const COPY_IMAGES: readonly CopyImages[] = ['copy', 'symlink', 'none'];

const READ_OPTIONS = {
  split: { ...SPLIT, default: 'all' },
  dataFormat: DATA_FORMAT,
  classes: classes('keep only these classes, in this order', 'all'),
  map: CLASS_MAP,
  imageFolder: IMAGE_FOLDER,
};

const images = (help: string) => value('<how>', choice(COPY_IMAGES), help);

export const CHECK_OPTIONS = {
  'Options:': {
    ...READ_OPTIONS,
    preset: value(
      '<name>',
      choice(Object.keys(PRESETS) as PresetName[]),
      'preset whose anchors are matched with the boxes',
      { default: 'refinedet320-mobilenet' },
    ),
    decode: on('decode every image instead of reading only its header'),
    fix: text('<dir>', 'write a cleaned copy in the same format to a new folder'),
    images: initially('symlink', images('with --fix: what to do with the images')),
    force: on(
      'with --fix: replace a dataset in that folder, and accept that most boxes are dropped',
    ),
    json: JSON_OUTPUT,
  },
};

export const CONVERT_OPTIONS = {
  'Options:': {
    to: required(value('<format>', choice(WRITTEN_FORMATS), 'format to write')),
    ...READ_OPTIONS,
    images: initially('copy', images('what to do with the images')),
    force: { ...FORCE, help: 'replace a dataset in the output folder' },
    json: JSON_OUTPUT,
  },
};

export const SPLIT_OPTIONS = {
  'Options:': {
    val: value('<share>', fraction, 'share of the images for validation', { default: '0.2' }),
    test: value('<share>', fraction, 'share of the images for the test', { default: 'none' }),
    out: text('<dir>', 'folder to create', { short: 'o', default: 'the name with -split' }),
    groups: value(
      '<how>',
      choice(SPLIT_GROUPS),
      'images that stay in one split; folder, or frames of one prefix',
      {
        default: 'auto',
      },
    ),
    seed: value('<n>', count(), 'seed of the draw', { default: '1' }),
    to: value('<format>', choice(WRITTEN_FORMATS), 'format to write', {
      default: 'that of the dataset, or coco',
    }),
    ...READ_OPTIONS,
    split: { ...SPLIT, default: 'the only one' },
    images: initially('copy', images('what to do with the images')),
    force: { ...FORCE, help: 'replace a dataset in the output folder' },
    json: JSON_OUTPUT,
  },
};

export const RANK_OPTIONS = {
  'Options:': {
    model: MODEL,
    split: { ...SPLIT, default: 'all images' },
    dataFormat: DATA_FORMAT,
    map: CLASS_MAP,
    imageFolder: IMAGE_FOLDER,
    limit: value('<n>', count(), 'print only the first n images', { default: 'all' }),
    threads: THREADS,
    workers: WORKERS,
    quiet: QUIET,
  },
};

export type RankFlags = FlagsOf<typeof RANK_OPTIONS>;
export type SplitFlags = FlagsOf<typeof SPLIT_OPTIONS>;
export type CheckFlags = FlagsOf<typeof CHECK_OPTIONS>;
export type ConvertFlags = FlagsOf<typeof CONVERT_OPTIONS>;
