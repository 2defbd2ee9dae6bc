/** Training in Node: worker threads, datasets on disk. */
import { Worker } from 'node:worker_threads';
import type { WorkerPort } from '../data-parallel/port.ts';
import type { TrainingHost } from '../run/training-host.ts';
import { loadTrainingData } from './load-data.ts';

/** A source module next to sources, a compiled module next to compiled ones. */
const WORKER = new URL(import.meta.url.replace(/node-host(\.[jt]s)$/, 'node-worker$1'));

export const nodeHost: TrainingHost = {
  startWorker,
  workersUnavailable: () => undefined,
  loadData: loadTrainingData,
};

function startWorker(): WorkerPort {
  const worker = new Worker(WORKER);
  let terminated = false;
  return {
    post: (message) => worker.postMessage(message),
    listen: (receive) => worker.on('message', receive),
    onDeath(notify) {
      worker.on('error', (error) => notify(error.message));
      worker.on('exit', (code) => {
        if (!terminated) notify(`exit code ${code}`);
      });
    },
    async terminate() {
      terminated = true;
      await worker.terminate();
    },
  };
}
