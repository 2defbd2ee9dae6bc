/** `refinedet info`: the options; the work is in ../info.ts. */
import type { Command } from 'commander';
import { helpExamples, inputSizeOption } from '../common-options.ts';
import type { InfoFlags } from './run-info.ts';

/** Adds the command `info`. */
export function registerInfoCommand(program: Command): void {
  program
    .command('info')
    .argument('[model]', 'model file, URL or name of a preset (default: list the presets)')
    .description('layers, output shapes, parameters, cost, anchors, classes and origin of a model')
    .addOption(inputSizeOption("the model's"))
    .option('--classes <names>', 'of a preset: names, voc, coco or @file.txt (default: voc)')
    .option('--no-layers', 'leave out the table of layers')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      helpExamples(
        'info',
        'info refinedet320-mobilenet --no-layers',
        'info my.safetensors --input-size 512x384',
        'info my.safetensors --json',
      ),
    )
    .action(async (model: string | undefined, flags: InfoFlags) => {
      const { runInfo } = await import('./run-info.ts');
      await runInfo(model, flags);
    });
}
