/** Shortens samples for tests: trainings of one step, and programs that would run forever. */
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

/** A training of one small step, as options of `train` and of the command line. */
const ONE_STEP = 'steps: 1, batch: 1, workers: 1, inputSizes: [{ from: 0, sizes: [64] }]';
export const ONE_STEP_FLAGS = '--steps 1 --batch 1 --workers 1 --input-size 64 --eval-images 1';

/** Adds the options of a short training in front of `init`. */
export function inOneStep(code: string): string {
  return code.replace(/\binit: /, `${ONE_STEP}, init: `);
}

/**
 * Returns the first output of a program, then interrupts it.
 * @throws Error with its stderr when it ends without output
 */
export async function untilOutput(
  child: ChildProcessWithoutNullStreams,
  use: (output: string) => Promise<void> = async () => {},
): Promise<string> {
  const errors = text(child.stderr);
  const end = once(child, 'close');
  const failure = end.then(async () => {
    throw new Error(`no output: ${await errors}`);
  });
  try {
    const [output] = await Promise.race([once(child.stdout, 'data'), failure]);
    await use(String(output).trim());
    return String(output);
  } finally {
    failure.catch(() => {});
    child.kill('SIGINT');
    await end;
  }
}
