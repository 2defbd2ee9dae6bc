/** `refinedet detect`: the options; the work is in ../detect/run.ts. */
import { type Command, Option } from 'commander';
import { parseNames } from '../class-options.ts';
import {
  choice,
  count,
  fraction,
  helpExamples,
  inputSizeOption,
  option,
  threadsOption,
  workersOption,
} from '../common-options.ts';
import { FORMATS, type FormatName } from '../output/formats.ts';
import type { DetectFlags } from './detect-flags.ts';

const FORMAT_NAMES = Object.keys(FORMATS) as FormatName[];

/** Adds the command `detect`. */
export function registerDetectCommand(program: Command): void {
  const command = program
    .command('detect')
    .argument('[inputs...]', 'images: files, folders, globs, URLs, - for the standard input')
    .description('find objects in images (JPEG, PNG, WebP)');
  addDetectionOptions(command);
  addOutputOptions(command);
  command
    .addHelpText(
      'after',
      helpExamples(
        'detect photo.jpg --save',
        'detect photos --recursive --threshold 0.3 --format jsonl > found.jsonl',
        'detect "photos/*.jpg" --format voc --out annotations --workers 4',
        'detect - --model my.safetensors --classes person,dog --format json < photo.jpg',
      ),
    )
    .action(async (inputs: string[], flags: DetectFlags) => {
      const { runDetect } = await import('./run-detect.ts');
      await runDetect(inputs, flags);
    });
}

function addDetectionOptions(command: Command): void {
  command
    .optionsGroup('Detection:')
    .option('-m, --model <file|url>', 'model to use (default: the one in the package)')
    .addOption(
      option('-t, --threshold <score>', 'lowest score (default: 0.5)', fraction('--threshold')),
    )
    .addOption(option('--nms <iou>', 'overlap that suppresses (default: 0.45)', fraction('--nms')))
    .addOption(
      option(
        '--objectness-threshold <p>',
        "drop anchors less likely to be an object (default: the model's)",
        fraction('--objectness-threshold'),
      ),
    )
    .addOption(
      option('--top-k <n>', 'candidates a class before NMS (default: 1000)', count('--top-k')),
    )
    .addOption(option('--max-detections <n>', 'most objects an image', count('--max-detections')))
    .addOption(option('-c, --classes <names>', 'only these classes: person,dog', parseNames))
    .addOption(option('--exclude-classes <names>', 'all but these classes', parseNames))
    .option('--agnostic', 'let objects of different classes suppress each other')
    .addOption(
      option(
        '--soft-nms <kind>',
        'lower scores of overlapping objects: linear or gaussian',
        choice('--soft-nms', ['linear', 'gaussian']),
      ),
    )
    .addOption(
      new Option('--multi-scale', 'the multi-scale test: slower, more accurate').conflicts('tiles'),
    )
    .option('--tiles [pixels]', 'overlapping tiles, for large images with small objects')
    .option('--fast-decode', 'decode large JPEG files to fewer pixels: faster, slightly blurred')
    .addOption(inputSizeOption("the model's"))
    .addOption(threadsOption())
    .addOption(workersOption());
}

function addOutputOptions(command: Command): void {
  command
    .optionsGroup('Input and output:')
    .option('-r, --recursive', 'look into the folders of folders')
    .addOption(
      option(
        '-f, --format <format>',
        `${FORMAT_NAMES.join(', ')} (default: table; json with --out)`,
        choice('--format', FORMAT_NAMES),
      ),
    )
    .option('-o, --out <dir>', 'write results into files of this folder instead of printing them')
    .option(
      '-s, --save [dir]',
      'save images with the boxes drawn in (default: --out or detections)',
    )
    .option('--force', 'let --out replace files')
    .option('-q, --quiet', 'no progress bar and no summary');
}
