/** `refinedet eval`: the options; the work is in ../eval/run.ts. */
import type { Command } from 'commander';
import { METRICS } from '../../evaluation/evaluate.ts';
import { parseClassMap } from '../class-options.ts';
import {
  choice,
  count,
  DATASET_FORMATS,
  fraction,
  helpExamples,
  inputSizeOption,
  option,
  threadsOption,
  workersOption,
} from '../common-options.ts';
import type { EvalFlags } from './run-eval.ts';
import type { MotFlags } from './run-mot-eval.ts';

/** Adds the command `eval`. */
export function registerEvalCommand(program: Command): void {
  const command = program
    .command('eval')
    .argument('[model]', 'model file or URL (default: the one in the package)')
    .description('score a model, or detections that exist already, on a dataset');
  addDataOptions(command);
  addDetectionOptions(command);
  addOutputOptions(command);
  command
    .addHelpText(
      'after',
      helpExamples(
        'eval my.safetensors --data VOC2007 --split test',
        'eval --data coco --split val2017 --limit 500 --workers 4 --report report.html',
        'eval --data VOC2007 --split test --predictions results/ --metric voc12',
        'eval --data coco --split val2017 --predictions results.json --json',
        'eval --metric mot --data MOT17-09 --tracks tracks.txt',
      ),
    )
    .action(async (model: string | undefined, flags: EvalFlags | MotFlags) => {
      if (flags.metric === 'mot')
        return (await import('./run-mot-eval.ts')).runMotEval(model, flags);
      const { runEval } = await import('./run-eval.ts');
      await runEval(model, flags);
    });
}

function addDataOptions(command: Command): void {
  command
    .optionsGroup('Data and metric:')
    .requiredOption('-d, --data <path>', 'folder, COCO JSON or YOLO YAML file')
    .option('--split <name>', 'split to read, several joined by + (default: the only one)')
    .addOption(
      option(
        '--data-format <format>',
        'voc, coco or yolo (default: found from the path)',
        choice('--data-format', DATASET_FORMATS),
      ),
    )
    .option('--image-folder <dir>', 'COCO: where the images are (default: found)')
    .option('-c, --classes <names>', 'score these classes only: names, voc, coco or @file.txt')
    .option('--map <pairs>', "rename the dataset's classes: aeroplane=airplane", parseClassMap)
    .addOption(
      option(
        '--metric <metric>',
        'voc07: 11-point AP; voc12: area AP; coco; mot: tracks (default: coco for COCO data, else voc07)',
        choice('--metric', [...METRICS, 'mot']),
      ),
    )
    .addOption(
      option('--iou <iou>', 'VOC: overlap of a right detection (default: 0.5)', fraction('--iou')),
    )
    .addOption(option('--limit <n>', 'the first n images only', count('--limit')));
}

function addDetectionOptions(command: Command): void {
  command
    .optionsGroup('Detections:')
    .option(
      '-p, --predictions <path>',
      'score these instead of running a model: COCO results .json, or a folder of VOC comp4_det_*_CLASS.txt files',
    )
    .option(
      '--tracks <path>',
      'mot: MOTChallenge file to score, or a folder with VIDEO.txt of each',
    )
    .addOption(
      option(
        '-t, --threshold <score>',
        'lowest score asked of the model (default: 0.01)',
        fraction('--threshold'),
      ),
    )
    .option('--multi-scale', 'the multi-scale test: slower, more accurate')
    .addOption(inputSizeOption("the model's"))
    .addOption(threadsOption())
    .addOption(workersOption());
}

function addOutputOptions(command: Command): void {
  command
    .optionsGroup('Output:')
    .option('--json', 'print every number as JSON')
    .option('--report <file>', 'write an HTML report with curves, confusions and worst errors')
    .option(
      '--save-predictions <path>',
      'write the detections: COCO results to a .json file, VOC files into a folder',
    )
    .option('--force', 'let --report and --save-predictions replace files')
    .option('-q, --quiet', 'no progress bar');
}
