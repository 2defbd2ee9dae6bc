/** `refinedet info`: its help; the work is in run-info.ts. */
import type { Command } from 'commander';
import { addCommand } from '../options/add-command.ts';
import { MODEL_WORD } from '../options/common-rows.ts';
import { INFO_OPTIONS, type InfoFlags } from './info-options.ts';

export function registerInfoCommand(program: Command): void {
  addCommand(program, {
    name: 'info',
    description: 'layers, output shapes, parameters, cost, anchors, classes and origin of a model',
    arguments: { '[model]': `${MODEL_WORD}, or name of a preset (default: list both)` },
    options: INFO_OPTIONS,
    examples: [
      'info',
      'info nano',
      'info refinedet320-mobilenet --no-layers',
      'info my.safetensors --input-size 512x384',
      'info my.safetensors --json',
    ],
  }).action(async (model: string | undefined, flags: InfoFlags) => {
    const { runInfo } = await import('./run-info.ts');
    await runInfo(model, flags);
  });
}
