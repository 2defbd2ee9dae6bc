/** `refinedet export`: the options; the work is in ../export/run.ts. */
import type { Command } from 'commander';
import { choice, helpExamples, inputSizeOption, option } from '../common-options.ts';
import type { ExportFlags } from './run-export.ts';

/** Adds the command `export`. */
export function registerExportCommand(program: Command): void {
  program
    .command('export')
    .argument('<model>', 'model file, URL, or `default`: the model that comes with the package')
    .argument('<out>', 'ONNX file to write (.onnx)')
    .description('write a model as an ONNX file, which other runtimes run')
    .addOption(inputSizeOption("the model's"))
    .option('--dynamic-batch', 'leave the number of images open (default: 1)')
    .addOption(
      option(
        '--dtype <type>',
        'weights as f32 or f16 (half the size); default: f32',
        choice('--dtype', ['f32', 'f16']),
      ),
    )
    .option('--force', 'replace an existing file')
    .addHelpText(
      'after',
      helpExamples(
        'export my.safetensors my.onnx',
        'export my.safetensors small.onnx --dtype f16',
        'export my.safetensors wide.onnx --input-size 512x320 --dynamic-batch',
      ),
    )
    .action(async (model: string, target: string, flags: ExportFlags) => {
      const { runExport } = await import('./run-export.ts');
      await runExport(model, target, flags);
    });
}
