/** `refinedet dataset check`, `convert`, `split` and `rank`; the work is in the files run-*.ts. */
import type { Command } from 'commander';
import { registerHelpCommand } from '../help.ts';
import { addCommand } from '../options/add-command.ts';
import { DATA_WORD } from '../options/common-rows.ts';
import {
  CHECK_OPTIONS,
  type CheckFlags,
  CONVERT_OPTIONS,
  type ConvertFlags,
  RANK_OPTIONS,
  type RankFlags,
  SPLIT_OPTIONS,
  type SplitFlags,
} from './dataset-options.ts';

export function registerDatasetCommand(program: Command): void {
  const dataset = program
    .command('dataset')
    .description('check, convert and split datasets, rank images to label')
    .helpCommand(false);
  addCheck(dataset);
  addConvert(dataset);
  addSplit(dataset);
  addRank(dataset);
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

function addSplit(dataset: Command): void {
  addCommand(dataset, {
    name: 'split',
    description: 'draw validation and test images, and write all splits to a new folder',
    arguments: { '<path[:split]>': DATA_WORD },
    options: SPLIT_OPTIONS,
    examples: [
      'dataset split boxes --val 0.2',
      'dataset split boxes --val 0.2 --test 0.1 --out cells',
    ],
  }).action(async (location: string, flags: SplitFlags) => {
    const { runSplit } = await import('./run-split.ts');
    await runSplit(location, flags);
  });
}

function addRank(dataset: Command): void {
  addCommand(dataset, {
    name: 'rank',
    description: 'list the images worth labeling next as JSONL: uncertain, or unlike their labels',
    arguments: { '<path[:split]>': 'dataset, or folder of images' },
    options: RANK_OPTIONS,
    examples: ['dataset rank photos --limit 100 > next.jsonl'],
  }).action(async (location: string, flags: RankFlags) => {
    const { runRank } = await import('./run-rank.ts');
    await runRank(location, flags);
  });
}
