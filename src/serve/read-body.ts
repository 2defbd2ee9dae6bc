/** Bodies of requests, read up to a limit of bytes and not too slowly. */
import { abortError, RefineDetError, throwIfAborted } from '../errors.ts';
import { Interruption } from '../interruption.ts';
import type { Admission, Hold } from './admission.ts';
import { ServeError } from './problems.ts';

export interface BodyLimits {
  maxBody: number;
  /** Milliseconds without a byte after which the client is given up. */
  idle: number;
  admission: Pick<Admission, 'hold'>;
  signal: AbortSignal;
  /** The body, where the server reads it faster than through a web stream. */
  chunks?: Chunks;
}

export interface Body extends Hold {
  bytes: Uint8Array<ArrayBuffer>;
}

/** Chunks of a body, one after the other. */
export type Chunks = Pick<AsyncIterator<Uint8Array, unknown>, 'next' | 'return'>;

/**
 * Reads the whole body; its bytes count as held until they are released.
 * @throws REQUEST_TOO_LARGE, OVERLOADED, TIMEOUT, ABORTED, REQUEST_INVALID
 */
export async function readBody(request: Request, limits: BodyLimits): Promise<Body> {
  const { maxBody, admission, chunks } = limits;
  const announced = Number(request.headers.get('content-length') ?? Number.NaN);
  if (announced > maxBody) throw tooLarge(maxBody, `${announced} bytes were announced`);
  const held = admission.hold();
  try {
    const source = chunks ?? (request.body && webChunks(request.body));
    const bytes = source ? await readAll(source, held, limits) : new Uint8Array();
    return { ...held, bytes };
  } catch (error) {
    held.release();
    throw error;
  }
}

function webChunks(body: ReadableStream<Uint8Array>): Chunks {
  const reader = body.getReader();
  return {
    next: () => reader.read() as Promise<IteratorResult<Uint8Array, undefined>>,
    async return() {
      await reader.cancel();
      return { done: true, value: undefined };
    },
  };
}

async function readAll(
  source: Chunks,
  { hold }: Hold,
  { maxBody, idle, signal }: BodyLimits,
): Promise<Uint8Array<ArrayBuffer>> {
  // A client may keep us waiting forever.
  const interruption = new Interruption();
  const stop = () => interruption.raise(abortError(signal));
  const giveUp = () => {
    const message = `the body did not arrive: no byte for ${idle / 1000} s`;
    interruption.raise(new ServeError('TIMEOUT', message, { connection: 'close' }));
  };
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop, { once: true });
  const chunks: Uint8Array[] = [];
  let length = 0;
  let timer = setTimeout(giveUp, idle);
  try {
    for (;;) {
      const { done, value } = await interruption.during(source.next());
      if (done) break;
      const chunk = value as Uint8Array;
      clearTimeout(timer);
      timer = setTimeout(giveUp, idle);
      length += chunk.length;
      if (length > maxBody) throw tooLarge(maxBody, 'the body is longer');
      hold(chunk.length);
      chunks.push(chunk);
    }
  } catch (error) {
    source.return?.().catch(() => {});
    if (error instanceof RefineDetError) throw error;
    if (signal.aborted) throw abortError(signal);
    throw new ServeError('REQUEST_INVALID', 'the body of the request broke off', {}, error);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  }
  throwIfAborted(signal); // a canceled stream ends like a complete one
  return joined(chunks, length);
}

function joined(chunks: readonly Uint8Array[], length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

function tooLarge(maxBody: number, reason: string): ServeError {
  const message = `the body may have ${maxBody} bytes at most; ${reason}`;
  // What the client still sends is not read, so the connection cannot be used again.
  return new ServeError('REQUEST_TOO_LARGE', message, { connection: 'close' });
}
