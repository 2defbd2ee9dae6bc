/**
 * The worker's side: one detector that answers a client.
 * @module refinedet/worker/serve
 */
import { type ServeOptions, serveDetector } from '../pool/serve-detector.ts';
import { type Port, portWire } from '../remote/web-wire.ts';

/**
 * Answers the client that started this worker. Your own worker with a GPU backend calls
 * `serve({ gpu: [webgl] })`.
 * @param port default: the worker itself
 */
export function serve(options?: ServeOptions, port: Port = globalThis as unknown as Port): void {
  serveDetector(portWire(port), options);
}

export type { ServeOptions } from '../pool/serve-detector.ts';
export type { Port } from '../remote/web-wire.ts';
