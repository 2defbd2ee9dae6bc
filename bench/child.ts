/** Runs work in its own process: the first use of a backend fixes its threads. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** Exit of a child, with its output. */
type Answer = { value: unknown };

/**
 * Calls the default export of a module in a new process.
 * @param module URL of a module whose default export takes `input` and returns a JSON value
 */
export async function inChild<Output>(module: URL, input: unknown): Promise<Output> {
  const child = fork(fileURLToPath(import.meta.url), [module.href], {
    execArgv: process.execArgv,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  let answer: Answer | undefined;
  child.on('message', (message) => {
    answer = message as Answer;
  });
  child.send({ input });
  const [code] = await once(child, 'close');
  if (!answer) throw new Error(`${module.pathname} ended with code ${code} without an answer`);
  return answer.value as Output;
}

/** Runs in the child. */
async function serve(module: string): Promise<void> {
  const [{ input }] = (await once(process, 'message')) as [{ input: unknown }];
  const { default: work } = (await import(module)) as { default: (input: unknown) => unknown };
  const value = await work(input);
  // Thread pools may keep the process alive.
  process.send?.({ value }, () => process.exit(0));
}

if (process.send && process.argv[1] === fileURLToPath(import.meta.url)) {
  await serve(process.argv[2]);
}
