/**
 * Entry point refinedet/worker.
 * @module refinedet/worker
 */
import type { ModelSource } from '../detection/load-model.ts';
import { createPool, type PoolOptions } from '../pool/create-pool.ts';
import type { DetectorPool } from '../pool/detector-pool.ts';

/** Options of `RefineDet.load`, and options of the worker. */
export type WorkerLoadOptions = Omit<PoolOptions, 'workers'>;

/** A detector in a worker: a pool of one. */
export type WorkerDetector = DetectorPool;

/**
 * Starts a worker and loads a model in it. The detector has the interface of RefineDet except
 * `forward` and `summary`.
 * @throws the codes of RefineDet.load, WORKER_CRASHED
 */
export function createWorkerDetector(
  source?: ModelSource,
  options: WorkerLoadOptions = {},
): Promise<WorkerDetector> {
  return createPool(source, { ...options, workers: 1 });
}

export type { DetectorPool } from '../pool/detector-pool.ts';
export type { WorkerLike } from '../remote/web-wire.ts';
