/** The commands and what is common to them. */
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import pc from 'picocolors';
import { registerConvertCommand } from './commands/convert.ts';
import { registerDatasetCommand } from './commands/dataset.ts';
import { registerDemoCommand } from './commands/demo.ts';
import { registerDetectCommand } from './commands/detect.ts';
import { registerEvalCommand } from './commands/eval.ts';
import { registerExportCommand } from './commands/export.ts';
import { registerHelpCommand } from './commands/help.ts';
import { registerInfoCommand } from './commands/info.ts';
import { registerTrainCommand } from './commands/train.ts';
import { helpExamples } from './options.ts';

export function createProgram(): Command {
  const program = new Command('refinedet')
    .description('Detect objects in pictures with RefineDet, on WebAssembly.')
    .version(packageVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .showSuggestionAfterError()
    // Errors become sentences and exit codes in main.ts.
    .exitOverride()
    .configureOutput({ outputError: () => {} })
    // Commander drops the style where colours are not wanted.
    .configureHelp({ styleTitle: pc.createColors(true).bold });
  registerDetectCommand(program);
  registerInfoCommand(program);
  registerConvertCommand(program);
  registerExportCommand(program);
  registerDatasetCommand(program);
  registerEvalCommand(program);
  registerTrainCommand(program);
  registerDemoCommand(program);
  registerHelpCommand(program);
  return program.addHelpText(
    'after',
    helpExamples('detect photo.jpg --save', 'detect photos --format jsonl', 'info', 'help detect'),
  );
}

function packageVersion(): string {
  const file = new URL('../../package.json', import.meta.url);
  const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version: string };
  return version;
}
