/**
 * Entry point refinedet/worker.
 * @module refinedet/worker
 */
import type { ModelSource } from '../detection/load-model.ts';
import { checkLoadOptions } from '../detection/load-options.ts';
import { createPool, POOL_RULES, type PoolOptions } from '../pool/create-pool.ts';
import type { DetectorPool } from '../pool/detector-pool.ts';

/** Options of `RefineDet.load`, and options of the worker. */
export type WorkerLoadOptions = Omit<PoolOptions, 'workers'>;

/** A detector in a worker: a pool of one. */
export type WorkerDetector = DetectorPool;

const { workers: _, ...RULES } = POOL_RULES;

/**
 * Starts a worker and loads a model in it. The detector has the interface of RefineDet except
 * `forward` and `summary`.
 * @throws the codes of RefineDet.load, WORKER_CRASHED
 */
export async function createWorkerDetector(
  source?: ModelSource,
  options: WorkerLoadOptions = {},
): Promise<WorkerDetector> {
  checkLoadOptions(options, RULES);
  return createPool(source, { ...options, workers: 1 });
}

export type { DetectorPool } from '../pool/detector-pool.ts';
export type { WorkerLike } from '../remote/web-wire.ts';
