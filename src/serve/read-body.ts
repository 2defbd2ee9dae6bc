/** Bodies of requests, read up to a limit of bytes and not too slowly. */
import { abortError, throwIfAborted } from '../errors.ts';
import type { Admission, Hold } from './admission.ts';
import { ServeError } from './problems.ts';

export interface BodyLimits {
  maxBody: number;
  /** Milliseconds without a byte after which the client is given up. */
  idle: number;
  admission: Pick<Admission, 'hold'>;
  signal: AbortSignal;
}

export interface Body extends Hold {
  bytes: Uint8Array<ArrayBuffer>;
}

/**
 * Reads the whole body; its bytes count as held until they are released.
 * @throws REQUEST_TOO_LARGE, OVERLOADED, TIMEOUT, ABORTED, REQUEST_INVALID
 */
export async function readBody(request: Request, limits: BodyLimits): Promise<Body> {
  const { maxBody, admission } = limits;
  const announced = Number(request.headers.get('content-length') ?? Number.NaN);
  if (announced > maxBody) throw tooLarge(maxBody, `${announced} bytes were announced`);
  const held = admission.hold();
  try {
    const bytes = request.body ? await readAll(request.body, held, limits) : new Uint8Array();
    return { ...held, bytes };
  } catch (error) {
    held.release();
    throw error;
  }
}

async function readAll(
  body: ReadableStream<Uint8Array>,
  { hold }: Hold,
  { maxBody, idle, signal }: BodyLimits,
): Promise<Uint8Array<ArrayBuffer>> {
  const reader = body.getReader();
  const stop = () => void reader.cancel(signal.reason).catch(() => {});
  let isIdle = false;
  const giveUp = () => {
    isIdle = true;
    stop();
  };
  signal.addEventListener('abort', stop, { once: true });
  const chunks: Uint8Array[] = [];
  let length = 0;
  let timer = setTimeout(giveUp, idle);
  try {
    for (;;) {
      throwIfAborted(signal);
      const { done, value } = await reader.read();
      if (done) break;
      clearTimeout(timer);
      timer = setTimeout(giveUp, idle);
      length += value.length;
      if (length > maxBody) throw tooLarge(maxBody, 'the body is longer');
      hold(value.length);
      chunks.push(value);
    }
  } catch (error) {
    stop();
    if (signal.aborted) throw abortError(signal);
    if (error instanceof ServeError) throw error;
    throw new ServeError('REQUEST_INVALID', 'the body of the request broke off', {}, error);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  }
  throwIfAborted(signal); // a canceled stream ends like a complete one
  if (!isIdle) return joined(chunks, length);
  const message = `the body did not arrive: no byte for ${idle / 1000} s`;
  throw new ServeError('TIMEOUT', message, { connection: 'close' });
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
