/** Bodies of requests, read up to a limit. */
import { abortError, throwIfAborted } from '../errors.ts';
import type { Admission } from './admission.ts';
import { ServeError } from './problems.ts';

export interface BodyLimits {
  maxBody: number;
  admission: Admission;
  signal: AbortSignal;
}

export interface Body {
  bytes: Uint8Array<ArrayBuffer>;
  /** Call it when the bytes are no longer in use. */
  release: () => void;
}

/**
 * Reads the whole body.
 * @throws REQUEST_TOO_LARGE, OVERLOADED, ABORTED, REQUEST_INVALID
 */
export async function readBody(
  request: Request,
  { maxBody, admission, signal }: BodyLimits,
): Promise<Body> {
  const announced = Number(request.headers.get('content-length') ?? Number.NaN);
  if (announced > maxBody) throw tooLarge(maxBody, `${announced} bytes were announced`);
  if (!request.body) return { bytes: new Uint8Array(), release: () => {} };
  // Without a length the body may be as large as the limit.
  const release = admission.hold(Number.isFinite(announced) ? announced : maxBody);
  try {
    return { bytes: await readAll(request.body, maxBody, signal), release };
  } catch (error) {
    release();
    throw error;
  }
}

async function readAll(
  body: ReadableStream<Uint8Array>,
  maxBody: number,
  signal: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  const reader = body.getReader();
  const stop = () => void reader.cancel(signal.reason).catch(() => {});
  signal.addEventListener('abort', stop, { once: true });
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for (;;) {
      throwIfAborted(signal);
      const { done, value } = await reader.read();
      if (done) break;
      length += value.length;
      if (length > maxBody) {
        stop();
        throw tooLarge(maxBody, 'the body is longer');
      }
      chunks.push(value);
    }
  } catch (error) {
    if (signal.aborted) throw abortError(signal);
    if (error instanceof ServeError) throw error;
    throw new ServeError('REQUEST_INVALID', 'the body of the request broke off', {}, error);
  } finally {
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
