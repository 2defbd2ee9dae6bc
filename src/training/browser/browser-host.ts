/** Training in a web page or, better, in a worker: uses web workers and data from the caller. */
// Detection registers only the kernels that it needs; the gradients of some layers need more.
import '@tensorflow/tfjs-backend-wasm/dist/register_all_kernels.js';
import { RefineDetError } from '../../errors.ts';
import { workerWire } from '../../remote/web-wire.ts';
import type { TrainingHost } from '../run/training-host.ts';

export const browserHost: TrainingHost = {
  startWorker: () =>
    workerWire(new Worker(new URL('./browser-worker.js', import.meta.url), { type: 'module' })),
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
