/** Ctrl-C: the first ends the work in progress cleanly, the second kills. */

/** 128 + number of the signal, as shells report it. */
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;

let exitCode: number | undefined;
let controller: AbortController | undefined;

/** A signal that fires at the first SIGINT or SIGTERM of the process. */
export function interruptSignal(): AbortSignal {
  if (!controller) {
    controller = new AbortController();
    for (const [name, code] of Object.entries(EXIT_CODES)) {
      // Once: the second signal finds no handler and kills.
      process.once(name, () => {
        exitCode ??= code;
        controller?.abort();
      });
    }
  }
  return controller.signal;
}

/** What to exit with when the program was interrupted, else undefined. */
export function interruptExitCode(): number | undefined {
  return exitCode;
}
