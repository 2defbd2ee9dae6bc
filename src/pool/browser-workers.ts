/** Workers of web pages. Their script travels inside of the package as text. */
import type { ModelSource } from '../detection/load-model.ts';
import { unpack } from '../embedded.ts';
import { RefineDetError } from '../errors.ts';
import { scriptWorker } from '../platform/script-worker.ts';
import { absoluteUrl } from '../platform/url.ts';
import { isAddress } from '../realm.ts';
import { workerWire } from '../remote/web-wire.ts';
import type { WorkerWire } from '../remote/wire.ts';

export function availableWorkers(): number {
  return globalThis.navigator?.hardwareConcurrency ?? 1;
}

/** No bundler has to know about the script, and no server has to serve it. */
export async function startWorker(): Promise<WorkerWire> {
  if (typeof Worker === 'undefined') {
    throw new RefineDetError('BACKEND_UNAVAILABLE', 'there are no web workers here');
  }
  const { default: text } = await import('./generated/script.ts');
  return workerWire(scriptWorker(await unpack(text), 'refinedet'));
}

/** The worker's script may be anywhere, so that only the page knows where its files are. */
export async function sentSource(source?: ModelSource): Promise<ModelSource> {
  if (source === undefined) return (await import('../platform/default-model.ts')).defaultModelUrl();
  return isAddress(source) ? absoluteUrl(String(source)) : source;
}
