/** The program with all its commands. */
import { Command } from 'commander';
import pc from 'picocolors';
import { packageVersion } from '../platform/package-version.ts';
import { registerConvertCommand } from './convert/convert-command.ts';
import { registerDatasetCommand } from './dataset/dataset-command.ts';
import { registerDemoCommand } from './demo/demo-command.ts';
import { registerDetectCommand } from './detect/detect-command.ts';
import { registerEvalCommand } from './eval/eval-command.ts';
import { registerExportCommand } from './export/export-command.ts';
import { registerFleetCommand } from './fleet/fleet-command.ts';
import { registerHelpCommand } from './help.ts';
import { registerInfoCommand } from './info/info-command.ts';
import { registerLabelCommand } from './label/label-command.ts';
import { helpExamples } from './options/add-command.ts';
import { registerServeCommand } from './serve/serve-command.ts';
import { registerTrainCommand } from './train/train-command.ts';

export function createProgram(): Command {
  const program = new Command('refinedet')
    .description('Detect objects in images with RefineDet, on WebAssembly.')
    .version(packageVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .showSuggestionAfterError()
    // main.ts turns errors into sentences and exit codes.
    .exitOverride()
    .configureOutput({ outputError: () => {} })
    // Commander drops the style where colors are off.
    .configureHelp({ styleTitle: pc.createColors(true).bold });
  registerDetectCommand(program);
  registerInfoCommand(program);
  registerConvertCommand(program);
  registerExportCommand(program);
  registerDatasetCommand(program);
  registerEvalCommand(program);
  registerTrainCommand(program);
  registerLabelCommand(program);
  registerServeCommand(program);
  registerFleetCommand(program);
  registerDemoCommand(program);
  registerHelpCommand(program);
  return program.addHelpText(
    'after',
    helpExamples([
      'detect photo.jpg --save',
      'detect photos --format jsonl',
      'info',
      'help detect',
    ]),
  );
}
