/** Training in Node: worker threads, datasets on disk. */
import { startThreadWorker } from '../../remote/node-wire.ts';
import type { TrainingHost } from '../run/training-host.ts';
import { loadTrainingData } from './load-data.ts';

export const nodeHost: TrainingHost = {
  startWorker: () => startThreadWorker('node-worker', import.meta.url),
  workersUnavailable: () => undefined,
  loadData: loadTrainingData,
};
