/** Ctrl-C: the first ends the work in progress cleanly, the second kills the process. */

import { setMaxListeners } from 'node:events';

/** 128 + number of the signal, as shells report it. */
const EXIT_CODES: Partial<Record<NodeJS.Signals, number>> = { SIGINT: 130, SIGTERM: 143 };

let exitCode: number | undefined;
let controller: AbortController | undefined;

/** A signal that fires at the first SIGINT or SIGTERM of the process. */
export function interruptSignal(): AbortSignal {
  if (!controller) {
    controller = new AbortController();
    setMaxListeners(0, controller.signal); // one for each image or request under way
    for (const name of Object.keys(EXIT_CODES)) process.on(name, interrupt);
  }
  return controller.signal;
}

function interrupt(name: NodeJS.Signals): void {
  if (exitCode === undefined) {
    exitCode = EXIT_CODES[name];
    controller?.abort();
    // From then on a signal finds no handler and kills the process, even in a long computation.
    setImmediate(stopListening);
  } else {
    // Both signals came during one computation.
    stopListening();
    process.kill(process.pid, name);
  }
}

function stopListening(): void {
  for (const name of Object.keys(EXIT_CODES)) process.off(name, interrupt);
}

/** The exit code of an interrupted program, else undefined. */
export function interruptExitCode(): number | undefined {
  return exitCode;
}
