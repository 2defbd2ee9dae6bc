/** `refinedet dataset check` and `refinedet dataset convert`; the work is in run-dataset.ts. */
import type { Command } from 'commander';
import { registerHelpCommand } from '../help.ts';
import { addCommand } from '../options/add-command.ts';
import { DATA_WORD } from '../options/common-rows.ts';
import {
  CHECK_OPTIONS,
  type CheckFlags,
  CONVERT_OPTIONS,
  type ConvertFlags,
} from './dataset-options.ts';

export function registerDatasetCommand(program: Command): void {
  const dataset = program
    .command('dataset')
    .description('check and convert datasets')
    .helpCommand(false);
  addCheck(dataset);
  addConvert(dataset);
  registerHelpCommand(dataset);
}

function addCheck(dataset: Command): void {
  addCommand(dataset, {
    name: 'check',
    description: 'find what would spoil training, count boxes; exit code 1 when there are errors',
    arguments: { '<path[:split]>': DATA_WORD },
    options: CHECK_OPTIONS,
    examples: [
      'dataset check VOCdevkit/VOC2007',
      'dataset check coco:val --json',
      'dataset check data.yaml --fix cleaned',
    ],
  }).action(async (location: string, flags: CheckFlags) => {
    const { runCheck } = await import('./run-dataset.ts');
    await runCheck(location, flags);
  });
}

function addConvert(dataset: Command): void {
  addCommand(dataset, {
    name: 'convert',
    description: 'write a dataset in another format',
    arguments: { '<in[:split]>': DATA_WORD, '<out>': 'folder to create' },
    options: CONVERT_OPTIONS,
    examples: [
      'dataset convert VOCdevkit/VOC2007 yolo --to yolo',
      'dataset convert coco:train pets --to voc --classes cat,dog --images symlink',
      'dataset convert coco out --to coco --map coco-to-voc --classes voc',
    ],
  }).action(async (location: string, folder: string, flags: ConvertFlags) => {
    const { runConvert } = await import('./run-dataset.ts');
    await runConvert(location, folder, flags);
  });
}
