/**
 * Starts the worker that comes with the package. Its script travels inside of the package as text:
 * no bundler has to know about it, and no server has to serve it.
 */
import { unpack } from '../embedded.ts';
import { RefineDetError } from '../errors.ts';
import type { WorkerLike } from './channel.ts';

/** @throws BACKEND_UNAVAILABLE where there are no web workers */
export async function startWorker(): Promise<WorkerLike> {
  if (typeof Worker === 'undefined') {
    throw new RefineDetError(
      'BACKEND_UNAVAILABLE',
      'there are no web workers here; in Node, load RefineDet inside of worker_threads',
    );
  }
  const { default: text } = await import('./generated/script.ts');
  const script = new Blob([await unpack(text)], { type: 'text/javascript' });
  return new Worker(URL.createObjectURL(script), { name: 'refinedet' });
}
