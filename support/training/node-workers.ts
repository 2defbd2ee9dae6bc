/** The Node host of the sources: its workers need the loader that compiles TypeScript. */
import { Worker } from 'node:worker_threads';
import { nodeHost } from '../../src/training/node/node-host.ts';
import type { TrainingHost } from '../../src/training/run/training-host.ts';

const WORKER = new URL('../../src/training/node/node-worker.ts', import.meta.url);
const LOADER = new URL('../tsx.mjs', import.meta.url);

export const sourceHost: TrainingHost = {
  ...nodeHost,
  startWorker() {
    const execArgv = ['--conditions=refinedet-source', `--import=${LOADER}`];
    const worker = new Worker(WORKER, { execArgv });
    return {
      post: (message) => worker.postMessage(message),
      listen: (receive) => worker.on('message', receive),
      onDeath: (notify) => worker.on('error', (error) => notify(error.message)),
      terminate: async () => void (await worker.terminate()),
    };
  },
};
