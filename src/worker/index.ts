/**
 * Entry point refinedet/worker.
 * @module refinedet/worker
 */
import type { ModelSource } from '../detection/load-model.ts';
import { WorkerDetector, type WorkerLoadOptions } from './client.ts';

/**
 * Starts a worker and loads a model in it; the detector has the interface of RefineDet but for
 * `forward` and `summary`.
 * @throws as RefineDet.load, WORKER_CRASHED
 */
export function createWorkerDetector(
  source?: ModelSource,
  options?: WorkerLoadOptions,
): Promise<WorkerDetector> {
  return WorkerDetector.load(source, options);
}

export type { WorkerLike } from './channel.ts';
export { WorkerDetector, type WorkerLoadOptions } from './client.ts';
