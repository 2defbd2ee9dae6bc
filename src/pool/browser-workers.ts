/** Workers of web pages. The package contains their script as text. */
import type { ModelSource } from '../detection/load-model.ts';
import { unpack } from '../embedded.ts';
import { RefineDetError } from '../errors.ts';
import { packagedModel } from '../packaged-models.ts';
import { scriptWorker } from '../platform/script-worker.ts';
import { absoluteUrl } from '../platform/url.ts';
import { isAddress } from '../realm.ts';
import { workerWire } from '../remote/web-wire.ts';
import type { WorkerWire } from '../remote/wire.ts';

export function availableWorkers(): number {
  return globalThis.navigator?.hardwareConcurrency ?? 1;
}

/** Starts a worker from the embedded script, which needs no bundler and no server. */
export async function startWorker(): Promise<WorkerWire> {
  if (typeof Worker === 'undefined') {
    throw new RefineDetError('BACKEND_UNAVAILABLE', 'this environment has no web workers');
  }
  const { default: text } = await import('./generated/script.ts');
  return workerWire(scriptWorker(await unpack(text), 'refinedet'));
}

/** Resolves URLs in the page, because the worker's script may have another base URL. */
export async function sentSource(source?: ModelSource): Promise<ModelSource> {
  const name = packagedModel(source);
  if (name) return (await import('../platform/model-urls.ts')).modelUrl(name);
  return isAddress(source) ? absoluteUrl(String(source)) : source!;
}
