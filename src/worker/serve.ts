/**
 * The worker's side: one detector that answers a client.
 * @module refinedet/worker/serve
 */
import type { TfjsBackend } from '../backend/tfjs.ts';
import { RefineDet } from '../detector.ts';
import { RefineDetError } from '../errors.ts';
import {
  type EngineState,
  packDetections,
  packError,
  type Request,
  type Response,
} from './protocol.ts';

/** Where messages come from and go to: `self` of a dedicated worker, or a MessagePort. */
export interface Port {
  /** Answers. */
  postMessage(message: Response, transfer: Transferable[]): void;
  /** Listens to the client. */
  addEventListener(type: 'message', listener: (event: MessageEvent<Request>) => void): void;
  /** Of a MessagePort: lets messages in. */
  start?(): void;
  /** Ends the worker, or the port. */
  close(): void;
}

/** What a worker of one's own can do beyond the default. */
export interface ServeOptions {
  /** GPU backends that the client's `backend` may name. */
  gpu?: readonly TfjsBackend[];
  /** Asks the client for tfjs' wasm binary: for a script that stands alone. */
  wasmFromClient?: boolean;
}

/**
 * Answers the client that started this worker: a worker of one's own, with GPU backends, is
 * `serve({ gpu: [webgl] })`.
 * @param port default: the worker itself
 */
export function serve(
  { gpu = [], wasmFromClient = false }: ServeOptions = {},
  port: Port = globalThis as unknown as Port,
): void {
  const running = new Map<number, AbortController>();
  let loading: Promise<RefineDet> | undefined;
  let receiveBinary: (binary: BufferSource) => void = () => {};
  const send = (response: Response, transfer: Transferable[] = []) =>
    port.postMessage(response, transfer);

  const askForBinary = (threaded: boolean) =>
    new Promise<BufferSource>((resolve) => {
      receiveBinary = resolve;
      send({ type: 'binary', threaded });
    });

  const handlers = {
    async load({ id, source, options }: RequestOf<'load'>, signal: AbortSignal) {
      loading = RefineDet.load(source, {
        ...options,
        wasm: options.wasm ?? (wasmFromClient ? askForBinary : undefined),
        gpu,
        signal,
        onProgress: (progress) => send({ type: 'progress', id, progress }),
        warn: (message) => send({ type: 'warn', message }),
        info: (message) => send({ type: 'info', message }),
      });
      const detector = await loading;
      send({ type: 'loaded', id, config: detector.config, state: stateOf(detector) });
    },

    async detect({ id, image, options }: RequestOf<'detect'>, signal: AbortSignal) {
      const detector = await loading!;
      let timings: Extract<Response, { type: 'detected' }>['timings'] | undefined;
      const onTimings = (measured: typeof timings) => {
        timings = measured;
      };
      try {
        const found = await detector.detect(image, { ...options, signal, onTimings });
        const detections = packDetections(found);
        const state = stateOf(detector);
        send({ type: 'detected', id, detections, timings: timings!, state }, [detections.buffer]);
      } finally {
        closeImage(image);
      }
    },
  };

  async function answer(request: RequestOf<'load'> | RequestOf<'detect'>): Promise<void> {
    const { id } = request;
    const canceling = new AbortController();
    running.set(id, canceling);
    try {
      if (request.type === 'load') await handlers.load(request, canceling.signal);
      else await handlers.detect(request, canceling.signal);
    } catch (error) {
      if (isFatal(error)) {
        // Outside of the promise: the client sees a crashed worker, and starts another one.
        setTimeout(() => {
          throw error;
        });
        return;
      }
      send({ type: 'failed', id, error: packError(error) });
    } finally {
      running.delete(id);
    }
  }

  port.addEventListener('message', ({ data }) => {
    if (data.type === 'cancel') running.get(data.id)?.abort();
    else if (data.type === 'binary') receiveBinary(data.binary);
    else if (data.type === 'dispose') {
      loading?.then((detector) => detector.dispose()).catch(() => {});
      port.close();
    } else void answer(data);
  });
  port.start?.();
}

type RequestOf<T extends Request['type']> = Extract<Request, { type: T }>;

function stateOf({ backend, threads, heapBytes }: RefineDet): EngineState {
  return { backend, threads, heapBytes };
}

/** After a trap the memory of the wasm module is in no known state. */
function isFatal(error: unknown): boolean {
  return error instanceof WebAssembly.RuntimeError && !(error instanceof RefineDetError);
}

/** What was handed over is the worker's to release. */
function closeImage(image: unknown): void {
  if (typeof image !== 'object' || image === null || !('close' in image)) return;
  if (typeof image.close === 'function') image.close();
}
