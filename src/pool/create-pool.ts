/** Starts the workers of a pool. */
import { availableWorkers, sentSource, startWorker } from '#workers';
import type { ModelSource } from '../detection/load-model.ts';
import type { LoadOptions } from '../detection/load-options.ts';
import type { BackendName } from '../engine/engine.ts';
import { throwIfAborted } from '../errors.ts';
import { checkValue, type Rule, wholeFrom } from '../option-checks.ts';
import type { DownloadProgress } from '../platform/platform.ts';
import { absoluteUrl } from '../platform/url.ts';
import { type WorkerLike, workerWire } from '../remote/web-wire.ts';
import { DetectorPool } from './detector-pool.ts';
import type { WorkerSetup } from './pool-worker.ts';

/** Options of `RefineDet.load`, and options of the workers. */
export interface PoolOptions extends Omit<LoadOptions, 'backend' | 'gpu' | 'wasm'> {
  /** Number of workers; each detects in one image at a time. Default `auto`: one worker per core. */
  workers?: 'auto' | number;
  /** Threads of each worker; default 1, or `auto` for a single worker. */
  threads?: 'auto' | number;
  /**
   * Backend of the network: `wasm`, one of the `gpu` that the workers serve, or `auto`, which times
   * them all and picks the fastest. Default: `auto` when the workers serve a `gpu`, else `wasm`.
   */
  backend?: BackendName | 'auto';
  /** In browsers, URL of a folder with tfjs' wasm files; default: copies inside the package. */
  wasm?: string | URL;
  /**
   * Starts your own web worker, whose script calls `serve` of refinedet/worker/serve. GPU backends need
   * it, and so do pages whose content security policy forbids workers from blob: URLs.
   */
  worker?: () => WorkerLike;
}

const WORKERS: Rule = [
  (v) => v === 'auto' || wholeFrom(1)[0](v),
  '"auto" or a whole number from 1',
];

/**
 * Starts workers and loads a model in each of them.
 * @param source any source that RefineDet.load takes; default: the model in the package
 * @throws the codes of RefineDet.load, WORKER_CRASHED
 */
export function createPool(source?: ModelSource, options?: PoolOptions): Promise<DetectorPool> {
  return startPool(source, options);
}

/** @param start starts a worker; default: a worker with the script in the package */
export async function startPool(
  source: ModelSource | undefined,
  options: PoolOptions = {},
  start: WorkerSetup['start'] = startWorker,
): Promise<DetectorPool> {
  const { workers = 'auto', worker, wasm, signal, onProgress } = options;
  const { warn = console.warn, info = console.info } = options;
  checkValue('workers', workers, WORKERS);
  throwIfAborted(signal);
  const size = workers === 'auto' ? availableWorkers() : workers;
  const { backend, threads = size > 1 ? 1 : 'auto', inputSize, warmUp, cache } = options;
  const folder = wasm === undefined ? undefined : absoluteUrl(String(wasm));
  const setup: WorkerSetup = {
    start: worker ? () => workerWire(worker()) : start,
    request: {
      source: await sentSource(source, options),
      options: { backend, threads, inputSize, warmUp, cache, wasm: folder },
    },
    onEvent(name, data) {
      if (name === 'progress') onProgress?.(data as DownloadProgress);
      else (name === 'info' ? info : warn)(data as string);
    },
  };
  try {
    return await DetectorPool.start(size, setup, signal);
  } catch (error) {
    if (source !== undefined) throw error;
    throw (await import('../platform/default-model.ts')).explainDefault(error);
  }
}
