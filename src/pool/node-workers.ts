/** Workers in Node: threads, which share the weights of the model. */
import { availableParallelism } from 'node:os';
import { loadModel, type ModelSource } from '../detection/load-model.ts';
import type { LoadOptions } from '../detection/load-options.ts';
import type { Model } from '../model/model.ts';
import { startThreadWorker } from '../remote/node-wire.ts';
import type { WorkerWire } from '../remote/wire.ts';

export function availableWorkers(): number {
  return availableParallelism();
}

export async function startWorker(): Promise<WorkerWire> {
  return startThreadWorker('node-pool-worker', import.meta.url);
}

/** Loads the model with its weights in shared memory, so that threads need no copies. */
export async function sentSource(
  source?: ModelSource,
  { signal, onProgress }: Pick<LoadOptions, 'signal' | 'onProgress'> = {},
): Promise<ModelSource> {
  const model = await loadModel(source, signal, { onProgress });
  const weights: Model['weights'] = new Map();
  for (const [name, { shape, data }] of model.weights) {
    const copy = new Float32Array(new SharedArrayBuffer(data.byteLength));
    copy.set(data);
    weights.set(name, { shape, data: copy });
  }
  return { ...model, weights };
}
