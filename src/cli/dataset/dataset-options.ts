/** Options of `refinedet dataset check`, `convert` and `rank`. */
import { WRITTEN_FORMATS } from '../../datasets/dataset-types.ts';
import type { CopyImages } from '../../datasets/index.ts';
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
import { choice, count } from '../options/parsers.ts';

const COPY_IMAGES: readonly CopyImages[] = ['copy', 'symlink', 'none'];

const READ_OPTIONS = {
  split: { ...SPLIT, default: 'all' },
  dataFormat: { ...DATA_FORMAT, aliases: ['format'] },
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

export const RANK_OPTIONS = {
  'Options:': {
    model: MODEL,
    split: { ...SPLIT, default: 'all images' },
    dataFormat: { ...DATA_FORMAT, aliases: ['format'] },
    map: CLASS_MAP,
    imageFolder: IMAGE_FOLDER,
    limit: value('<n>', count(), 'print only the first n images', { default: 'all' }),
    threads: THREADS,
    workers: WORKERS,
    quiet: QUIET,
  },
};

export type RankFlags = FlagsOf<typeof RANK_OPTIONS>;
export type CheckFlags = FlagsOf<typeof CHECK_OPTIONS>;
export type ConvertFlags = FlagsOf<typeof CONVERT_OPTIONS>;
