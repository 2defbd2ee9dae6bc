/** Runs the command line. Heavy modules load inside the commands, so that --help is fast. */
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
  // Not process.exit, which would cut off output on its way to a pipe.
  process.exitCode = exitCodeOf(error);
}
