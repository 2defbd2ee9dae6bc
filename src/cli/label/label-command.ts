/** `refinedet label`: its help; the work is in run-label.ts. */
import type { Command } from 'commander';
import { addCommand } from '../options/add-command.ts';
import { LABEL_OPTIONS, type LabelFlags } from './label-options.ts';

export function registerLabelCommand(program: Command): void {
  addCommand(program, {
    name: 'label',
    description: 'draw boxes on the images of a folder, train and try the model in the browser',
    arguments: { '[dir]': 'folder of images, with or without labels (default: this one)' },
    options: LABEL_OPTIONS,
    examples: ['label photos', 'label boxes --model runs/first/best.safetensors'],
  }).action(async (dir: string | undefined, flags: LabelFlags) => {
    const { runLabel } = await import('./run-label.ts');
    await runLabel(dir, flags);
  });
}
