/** Starts the workers of a pool. */
import { availableWorkers, sentSource, startWorker } from '#workers';
import type { ModelSource } from '../detection/load-model.ts';
import { checkLoadOptions, LOAD_RULES, type LoadOptions } from '../detection/load-options.ts';
import type { BackendName } from '../engine/engine.ts';
import { isNativeBackend, type NativeBackend } from '../engine/native-backend.ts';
import { throwIfAborted } from '../errors.ts';
import { FUNCTION, type Rule, TEXT } from '../option-checks.ts';
import { packagedModel } from '../packaged-models.ts';
import type { DownloadProgress } from '../platform/platform.ts';
import { absoluteUrl } from '../platform/url.ts';
import { isAddress } from '../realm.ts';
import { type WorkerLike, workerWire } from '../remote/web-wire.ts';
import { DetectorPool } from './detector-pool.ts';
import { MOST_WORKERS, WORKERS } from './pool-size.ts';
import type { WorkerSetup } from './pool-worker.ts';

/** Options of `RefineDet.load`, and options of the workers. */
export interface PoolOptions extends Omit<LoadOptions, 'backend' | 'gpu' | 'wasm'> {
  /**
   * Number of workers, at most 256; each detects in one image at a time. Default `auto`: one worker per
   * core.
   */
  workers?: 'auto' | number;
  /** Threads of each worker; default 1, or `auto` for a single worker. */
  threads?: 'auto' | number;
  /**
   * Backend of the network: `wasm`, `onnxruntime` or the export of refinedet/onnxruntime, one of the `gpu`
   * that the workers serve, or `auto`, which times them all and picks the fastest. Default: `auto` when the
   * workers serve a `gpu`, else `wasm`.
   */
  backend?: BackendName | 'auto' | NativeBackend;
  /** In browsers, URL of a folder with tfjs' wasm files; default: copies inside the package. */
  wasm?: string | URL;
  /**
   * Starts your own web worker, whose script calls `serve` of refinedet/worker/serve. GPU backends need
   * it, and so do pages whose content security policy forbids workers from blob: URLs.
   */
  worker?: () => WorkerLike;
}

const { gpu: _, ...COMMON_RULES } = LOAD_RULES;
export const POOL_RULES: Record<keyof PoolOptions, Rule> = {
  ...COMMON_RULES,
  backend: [
    (v) => TEXT[0](v) || isNativeBackend(v),
    '"auto", "wasm", the backend of refinedet/onnxruntime, or the name of a GPU backend that your own worker serves',
  ],
  wasm: [isAddress, 'a URL'],
  workers: WORKERS,
  worker: FUNCTION,
};

/**
 * Starts workers and loads a model in each of them.
 * @param source any source that RefineDet.load takes; default: the default model
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
  checkLoadOptions(options, POOL_RULES);
  const { workers = 'auto', worker, wasm, signal, onProgress } = options;
  const { warn = console.warn, info = console.info } = options;
  throwIfAborted(signal);
  const size = workers === 'auto' ? Math.min(availableWorkers(), MOST_WORKERS) : workers;
  const { backend, compute, threads = size > 1 ? 1 : 'auto', inputSize, warmUp, cache } = options;
  const engine = isNativeBackend(backend) ? { session: backend.session } : backend;
  const folder = wasm === undefined ? undefined : absoluteUrl(String(wasm));
  const warned = new Set<string>();
  const setup: WorkerSetup = {
    start: worker ? () => workerWire(worker()) : start,
    request: {
      source: await sentSource(source, options),
      options: { backend: engine, compute, threads, inputSize, warmUp, cache, wasm: folder },
    },
    onEvent(name, data) {
      if (name === 'progress') onProgress?.(data as DownloadProgress);
      else if (name === 'info') info(data as string);
      else if (name === 'crash') warn(data as string);
      // All workers report what concerns all of them.
      else if (warned.size < warned.add(data as string).size) warn(data as string);
    },
  };
  try {
    return await DetectorPool.start(size, setup, signal);
  } catch (error) {
    const name = packagedModel(source);
    if (!name) throw error;
    throw (await import('../platform/model-urls.ts')).explainDownload(name, error);
  }
}
