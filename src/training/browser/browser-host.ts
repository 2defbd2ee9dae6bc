/** Training in a web page or, better, in a worker: uses web workers and data from the caller. */
// Detection registers only the kernels that it needs; the gradients of some layers need more.
import '@tensorflow/tfjs-backend-wasm/dist/register_all_kernels.js';
import { RefineDetError } from '../../errors.ts';
import type { WorkerPort } from '../data-parallel/port.ts';
import type { TrainingHost } from '../run/training-host.ts';

export const browserHost: TrainingHost = {
  startWorker,
  workersUnavailable: () =>
    globalThis.crossOriginIsolated
      ? undefined
      : 'the page is not cross-origin isolated, so threads cannot share memory',
  loadData() {
    throw new RefineDetError(
      'INVALID_OPTION',
      'in a browser, pass the training data to train() as the option "data"',
    );
  },
};

function startWorker(): WorkerPort {
  const worker = new Worker(new URL('./browser-worker.js', import.meta.url), { type: 'module' });
  return {
    post: (message) => worker.postMessage(message),
    listen: (receive) => worker.addEventListener('message', ({ data }) => receive(data)),
    onDeath: (notify) => worker.addEventListener('error', ({ message }) => notify(message)),
    terminate: async () => worker.terminate(),
  };
}
