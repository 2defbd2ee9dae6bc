/** `refinedet dataset check`, `convert` and `rank`: the options. */
import type { Command, Option } from 'commander';
import type { CopyImages } from '../../datasets/index.ts';
import { PRESETS, type PresetName } from '../../model/presets.ts';
import { parseClassMap } from '../class-options.ts';
import {
  choice,
  count,
  DATASET_FORMATS,
  helpExamples,
  imageFolderOption,
  option,
  threadsOption,
  WRITTEN_FORMATS,
  workersOption,
} from '../common-options.ts';
import { registerHelpCommand } from '../help.ts';
import type { CheckFlags, ConvertFlags } from './run-dataset.ts';
import type { RankFlags } from './run-rank.ts';

const COPY_IMAGES: readonly CopyImages[] = ['copy', 'symlink', 'none'];
const PRESET_NAMES = Object.keys(PRESETS) as PresetName[];

/** Adds the command `dataset` with its sub-commands. */
export function registerDatasetCommand(program: Command): void {
  const dataset = program
    .command('dataset')
    .description('check and convert datasets, rank images to label')
    .helpCommand(false);
  addCheck(dataset);
  addConvert(dataset);
  addRank(dataset);
  registerHelpCommand(dataset);
}

function addCheck(dataset: Command): void {
  const command = dataset
    .command('check')
    .argument('<path>', 'folder, or file of one of the formats')
    .description('find what would spoil training, count boxes; exit code 1 when there are errors');
  addReadOptions(command)
    .addOption(
      option(
        '--preset <name>',
        'whose anchors and input size to compare boxes with (default: refinedet320-mobilenet)',
        choice('--preset', PRESET_NAMES),
      ),
    )
    .option('--decode', 'decode every image instead of reading its header only')
    .option('--fix <dir>', 'write a cleaned copy into a new folder, in the same format')
    .addOption(imagesOption('with --fix: what to do with the images', 'symlink'))
    .option('--force', 'with --fix: replace a dataset in that folder, drop most boxes')
    .option('--json', 'print the whole report as JSON')
    .addHelpText(
      'after',
      helpExamples(
        'dataset check VOCdevkit/VOC2007',
        'dataset check coco --split val --json',
        'dataset check data.yaml --fix cleaned',
      ),
    )
    .action(async (location: string, flags: CheckFlags) => {
      const { runCheck } = await import('./run-dataset.ts');
      await runCheck(location, flags);
    });
}

function addConvert(dataset: Command): void {
  const command = dataset
    .command('convert')
    .argument('<in>', 'folder, or file of one of the formats')
    .argument('<out>', 'folder to create')
    .description('write a dataset in another format')
    .addOption(
      option(
        '--to <format>',
        'voc, coco or yolo',
        choice('--to', WRITTEN_FORMATS),
      ).makeOptionMandatory(),
    );
  addReadOptions(command)
    .addOption(imagesOption('what to do with the images', 'copy'))
    .option('--force', 'replace a dataset in the output folder')
    .option('--json', 'print what was written as JSON')
    .addHelpText(
      'after',
      helpExamples(
        'dataset convert VOCdevkit/VOC2007 yolo --to yolo',
        'dataset convert coco pets --to voc --classes cat,dog --images symlink',
        'dataset convert VOC2012 out --to coco --map aeroplane=airplane,tvmonitor=tv',
      ),
    )
    .action(async (location: string, folder: string, flags: ConvertFlags) => {
      const { runConvert } = await import('./run-dataset.ts');
      await runConvert(location, folder, flags);
    });
}

function addRank(dataset: Command): void {
  dataset
    .command('rank')
    .argument('<path>', 'dataset, or folder of images')
    .description('list the images worth labeling next as JSONL: uncertain, or unlike their labels')
    .option('-m, --model <file>', 'model file or URL (default: the one in the package)')
    .option('--split <name>', 'split to read, several joined by + (default: all images)')
    .addOption(
      option(
        '--format <format>',
        `${DATASET_FORMATS.join(', ')} (default: found from the path)`,
        choice('--format', DATASET_FORMATS),
      ),
    )
    .option('--map <pairs>', 'rename classes: aeroplane=airplane,tvmonitor=tv', parseClassMap)
    .addOption(imageFolderOption())
    .addOption(option('--limit <n>', 'the n best only', count('--limit')))
    .addOption(threadsOption())
    .addOption(workersOption())
    .option('-q, --quiet', 'no progress')
    .addHelpText('after', helpExamples('dataset rank photos --limit 100 > next.jsonl'))
    .action(async (location: string, flags: RankFlags) => {
      const { runRank } = await import('./run-rank.ts');
      await runRank(location, flags);
    });
}

function addReadOptions(command: Command): Command {
  return command
    .option('--split <name>', 'split to read, several joined by + (default: all)')
    .addOption(
      option(
        '--format <format>',
        `${DATASET_FORMATS.join(', ')} (default: found from the path)`,
        choice('--format', DATASET_FORMATS),
      ),
    )
    .option('--classes <names>', 'classes to keep, in this order: names, voc, coco or @file.txt')
    .option('--map <pairs>', 'rename classes: aeroplane=airplane,tvmonitor=tv', parseClassMap)
    .addOption(imageFolderOption());
}

function imagesOption(description: string, byDefault: CopyImages): Option {
  const parse = choice('--images', COPY_IMAGES);
  return option('--images <how>', `${description}: copy, symlink or none`, parse).default(
    byDefault,
  );
}
