/** The wire in Node: worker threads. */
import { type Transferable as NodeTransferable, parentPort, Worker } from 'node:worker_threads';
import { asError } from './sent-error.ts';
import type { ClientWire, FromWorker, ToWorker, WorkerWire } from './wire.ts';

type TransferList = NodeTransferable[];

/**
 * Starts a worker thread.
 * @param name name of the module to run, next to the module at `url` (source or compiled)
 * @param execArgv flags of Node; default: those of this process
 */
export function startThreadWorker(name: string, url: string, execArgv?: string[]): WorkerWire {
  const worker = new Worker(new URL(name + url.slice(-3), url), { execArgv });
  return {
    post: (message, transfer) => worker.postMessage(message, transfer as TransferList),
    listen: (receive) => worker.on('message', receive),
    onDeath(notify) {
      worker.on('error', (thrown: unknown) => notify(asError(thrown)));
      worker.on('messageerror', notify);
      worker.on('exit', (code) => notify(`exit code ${code}`));
    },
    hold: (wanted) => (wanted ? worker.ref() : worker.unref()),
    terminate: async () => void (await worker.terminate()),
  };
}

/** Returns the wire to the thread that started this worker. */
export function parentWire(): ClientWire {
  const port = parentPort!;
  return {
    post: (message: FromWorker, transfer) => port.postMessage(message, transfer as TransferList),
    listen: (receive: (message: ToWorker) => void) => port.on('message', receive),
    onUnreadable: (notify) => port.on('messageerror', notify),
  };
}
