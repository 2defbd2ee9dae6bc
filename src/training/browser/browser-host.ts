/** Training in a web page or, better, in a worker of one: web workers, data given by the caller. */
// Detection brings the kernels that it needs itself; the gradients of some layers need more.
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
      : 'the page is not cross-origin isolated, so that threads cannot share memory',
  loadData() {
    throw new RefineDetError(
      'INVALID_OPTION',
      'in a browser the training data are given to train() as the option "data"',
    );
  },
};
