#!/usr/bin/env node
/** Entry of the command line. Heavy modules load inside the commands, so that --help is quick. */
import { exitCodeOf, reportError } from './describe-error.ts';
import { createProgram } from './program.ts';
import { guardOutput } from './terminal.ts';

process.on('uncaughtException', (error) => {
  reportError(error);
  process.exit(exitCodeOf(error));
});
guardOutput();
try {
  await createProgram().parseAsync();
} catch (error) {
  reportError(error);
  // Not process.exit: what is still on its way to a pipe would be cut off.
  process.exitCode = exitCodeOf(error);
}
