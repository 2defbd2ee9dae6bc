/** `refinedet train`: the options; the work is in ../train/run.ts. */
import { type Command, Option } from 'commander';
import { METRICS } from '../../evaluation/evaluate.ts';
import { choice, count, fraction, helpExamples, option } from '../common-options.ts';
import { collected, dataPart, inputPhases, positive, renaming } from './train-flag-values.ts';
import type { TrainFlags } from './train-flags.ts';

const MAX_WORKERS = 64;

/** Adds the command `train`. */
export function registerTrainCommand(program: Command): void {
  const command = program.command('train').description('train a detector on boxes of your own');
  addDataOptions(command);
  addModelOptions(command);
  addCourseOptions(command);
  addRunOptions(command);
  command
    .addHelpText(
      'after',
      helpExamples(
        'train --data boxes:train --val boxes:val --init model.safetensors --out runs/first',
        'train --out runs/first --resume',
        'train --data VOC2007:trainval --data coco:train --map coco-to-voc --classes voc --out runs/voc',
        'train --config runs/first/config.json --seed 2 --out runs/second',
      ),
    )
    .action(async (flags: TrainFlags) => {
      const { runTrain } = await import('./run-train.ts');
      await runTrain(flags);
    });
}

function addDataOptions(command: Command): void {
  command
    .optionsGroup('Data:')
    .option(
      '-d, --data <path[:split]>',
      'folder, COCO JSON or YOLO YAML file; several are joined by class name',
      collected(dataPart),
    )
    .option('--val <path[:split]>', 'validation data, likewise', collected(dataPart))
    .option(
      '-c, --classes <names>',
      'classes: voc, coco, @file or names (default: those of the data)',
    )
    .option('--map <pairs>', "rename the data's classes: old=new,old=new, or coco-to-voc", renaming)
    .addOption(
      option(
        '--balance <x>',
        'repeat images of rare classes: 0 not, 1 all classes alike (default: 0.5)',
        fraction('--balance'),
      ),
    );
}

function addModelOptions(command: Command): void {
  command
    .optionsGroup('Network:')
    .option('-p, --preset <name>', 'network to train (default: refinedet320-mobilenet)')
    .option('-i, --init <file>', 'weights to begin with: a backbone, or a model to fine-tune')
    .addOption(
      option(
        '--input-size <sizes>',
        'pixels, by fraction of the run: 320 or 256@0,320@0.25 or 256+320+384',
        inputPhases,
      ),
    )
    .option('--no-tcb', 'without transfer connection blocks (ablation)')
    .option('--no-arm-regression', 'without anchors refined by the ARM (ablation)')
    .option('--no-negative-filtering', 'without filtering of easy negative anchors (ablation)');
}

function addCourseOptions(command: Command): void {
  command
    .optionsGroup('Course:')
    .addOption(
      option('-e, --epochs <n>', 'passes over the data (default: 30)', positive('--epochs')),
    )
    .addOption(option('--steps <n>', 'steps, instead of epochs', count('--steps')))
    .addOption(option('-b, --batch <n>', 'images a step (default: 8)', count('--batch')))
    .addOption(option('--lr <rate>', 'learning rate (default: 0.001)', positive('--lr')))
    .addOption(
      option(
        '--optimizer <name>',
        'adamw or sgd (default: by preset)',
        choice('--optimizer', ['adamw', 'sgd']),
      ),
    )
    .addOption(option('--seed <n>', 'of everything random (default: 1)', count('--seed')))
    .addOption(
      option(
        '--workers <n>',
        'threads, each with a slice of the batch (default: one a core)',
        count('--workers', MAX_WORKERS),
      ),
    )
    .addOption(
      option(
        '--backend <name>',
        'wasm, or webgpu instead of workers (needs webgpu and @tensorflow/tfjs-backend-webgpu)',
        choice('--backend', ['wasm', 'webgpu']),
      ),
    )
    .addOption(
      option(
        '--eval-every <n>',
        'epochs between evaluations (default: 1)',
        positive('--eval-every'),
      ),
    )
    .addOption(option('--eval-images <n>', 'look at so many images only', count('--eval-images')))
    .addOption(new Option('--metric <metric>', 'of evaluations (default: voc07)').choices(METRICS));
}

function addRunOptions(command: Command): void {
  command
    .optionsGroup('Run:')
    .requiredOption('-o, --out <dir>', 'folder of the run')
    .option('--config <file>', 'options as JSON, such as the config.json of a run; flags go first')
    .option('--resume', 'go on with the run in --out')
    .option('-q, --quiet', 'no progress');
}
