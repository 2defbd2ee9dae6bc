/** Every parser that reads foreign bytes. */
import type { FuzzTarget } from '../target.ts';
import { COMMAND_LINE_TARGETS } from './command-line.ts';
import { DATASET_TARGETS } from './datasets.ts';
import { IMAGE_TARGETS } from './images.ts';
import { RESULT_TARGETS } from './results.ts';
import { TRAINING_TARGETS } from './training.ts';
import { WEIGHT_TARGETS } from './weights.ts';

export const TARGETS: readonly FuzzTarget[] = [
  ...WEIGHT_TARGETS,
  ...IMAGE_TARGETS,
  ...DATASET_TARGETS,
  ...RESULT_TARGETS,
  ...TRAINING_TARGETS,
  ...COMMAND_LINE_TARGETS,
];
