/** `refinedet export`: its help; the work is in run-export.ts. */
import type { Command } from 'commander';
import { addCommand } from '../options/add-command.ts';
import { MODEL_WORD } from '../options/common-rows.ts';
import { EXPORT_OPTIONS, type ExportFlags } from './export-options.ts';

export function registerExportCommand(program: Command): void {
  addCommand(program, {
    name: 'export',
    description: 'write a model as an ONNX file for other runtimes',
    arguments: {
      '<model>': MODEL_WORD,
      '<out>': 'ONNX file to write (.onnx)',
    },
    options: EXPORT_OPTIONS,
    examples: [
      'export my.safetensors my.onnx',
      'export my.safetensors small.onnx --dtype f16',
      'export my.safetensors wide.onnx --input-size 512x320 --dynamic-batch',
    ],
  }).action(async (model: string, target: string, flags: ExportFlags) => {
    const { runExport } = await import('./run-export.ts');
    await runExport(model, target, flags);
  });
}
