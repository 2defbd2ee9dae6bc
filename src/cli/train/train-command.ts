/** `refinedet train`: its help; the work is in run-train.ts. */
import type { Command } from 'commander';
import { addCommand } from '../options/add-command.ts';
import { TRAIN_OPTIONS, type TrainFlags } from './train-options.ts';

export function registerTrainCommand(program: Command): void {
  addCommand(program, {
    name: 'train',
    description: 'train a detector on your own boxes',
    options: TRAIN_OPTIONS,
    examples: [
      'train --data boxes:train --val boxes:val --out runs/first',
      'train --out runs/first --resume --epochs 60',
      'train --data VOC2007:trainval --data coco:train --map coco-to-voc --classes voc --out runs/voc',
      'train --config runs/first/config.json --seed 2 --out runs/second',
    ],
  }).action(async (flags: TrainFlags) => {
    const { runTrain } = await import('./run-train.ts');
    await runTrain(flags);
  });
}
