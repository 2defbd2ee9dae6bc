/** Files by http(s): any server for reading, one that takes PUT for results. */
import { buffer } from 'node:stream/consumers';
import { RefineDetError } from '../../errors.ts';
import { onAbort } from '../../interruption.ts';
import { withoutPassword } from '../../without-password.ts';
import { PassingError, withRetries } from './retry-request.ts';
import type { Content, ReadOptions, Store, StoredFile, WriteOptions } from './store.ts';

/** Makes the request for a URI: its URL, and headers such as a signature. */
export type Prepare = (uri: string, init: RequestInit) => Promise<Request>;

export interface HttpOptions {
  /** Milliseconds of a request with its body. */
  timeout: number;
  prepare?: Prepare;
}

/** Answers of servers that are overloaded or broken for the moment. */
const PASSING: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);
const PARTIAL = 206;
const MISSING = 404;
/** The condition of the request does not hold: the file exists. */
const EXISTS: ReadonlySet<number> = new Set([409, 412]);

const plain: Prepare = async (uri, init) => new Request(uri, init);

export class HttpStore implements Store {
  readonly #timeout: number;
  readonly #prepare: Prepare;

  constructor({ timeout, prepare = plain }: HttpOptions) {
    this.#timeout = timeout;
    this.#prepare = prepare;
  }

  async find(
    uri: string,
    { signal, start, end }: ReadOptions = {},
  ): Promise<Uint8Array | undefined> {
    const part = start !== undefined && end !== undefined;
    const headers = part ? { range: `bytes=${start}-${end - 1}` } : undefined;
    return this.request(uri, { headers, signal }, async (response) => {
      if (response.status === MISSING) return undefined;
      required(uri, response);
      const bytes = new Uint8Array(await response.arrayBuffer());
      // A server may ignore the range and send everything.
      const found = part && response.status !== PARTIAL ? bytes.subarray(start, end) : bytes;
      if (part && found.length !== end - start) {
        throw passing(uri, `answered ${found.length} of ${end - start} bytes`);
      }
      return found;
    });
  }

  /** Parts of a few megabytes: a connection that breaks costs one of them only. */
  async *stream(uri: string, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
    const file = await this.stat(uri, signal);
    const size = file?.size ?? 0;
    for (let start = 0; start === 0 || start < size; start += PART_BYTES) {
      const part = size > 0 ? { start, end: Math.min(start + PART_BYTES, size) } : {};
      const bytes = await this.find(uri, { signal, ...part });
      if (!bytes)
        throw new RefineDetError('FETCH_FAILED', `${withoutPassword(uri)} does not exist`);
      yield bytes;
    }
  }

  async write(
    uri: string,
    content: Content,
    { signal, ifAbsent }: WriteOptions = {},
  ): Promise<void> {
    const headers = ifAbsent ? { 'if-none-match': '*' } : undefined;
    const body = (
      content instanceof Uint8Array ? content : await buffer(content)
    ) as Uint8Array<ArrayBuffer>;
    try {
      await this.request(uri, { method: 'PUT', headers, body, signal }, async (response) => {
        if (!(ifAbsent && EXISTS.has(response.status))) required(uri, response);
      });
    } catch (cause) {
      if (!(cause instanceof RefineDetError) || cause.code !== 'FETCH_FAILED') throw cause;
      const failure = `${withoutPassword(uri)} cannot be written: ${cause.message}`;
      const Kind = cause instanceof PassingError ? PassingError : RefineDetError;
      throw new Kind('FILE_WRITE', failure, { cause });
    }
  }

  async stat(uri: string, signal?: AbortSignal): Promise<StoredFile | undefined> {
    return this.request(uri, { method: 'HEAD', signal }, async (response) => {
      if (response.status === MISSING) return undefined;
      required(uri, response);
      const length = response.headers.get('content-length');
      const etag = response.headers.get('etag') ?? undefined;
      return { uri, size: length === null ? undefined : Number(length), etag };
    });
  }

  async remove(uri: string): Promise<void> {
    await this.request(uri, { method: 'DELETE' }, async (response) => {
      if (response.status !== MISSING) required(uri, response);
    });
  }

  /**
   * Sends a request, again while the failure may pass, also one in the middle of the body.
   * @param use reads the answer
   */
  request<T>(
    uri: string,
    init: RequestInit & { signal?: AbortSignal },
    use: (response: Response) => Promise<T>,
  ): Promise<T> {
    return withRetries(async () => {
      const timer = new AbortController();
      const abort = () => timer.abort();
      const timeout = setTimeout(abort, this.#timeout);
      const stop = init.signal && onAbort(init.signal, abort);
      try {
        init.signal?.throwIfAborted();
        const request = await this.#prepare(uri, { ...init, signal: timer.signal }).catch(
          (cause) => {
            throw cause instanceof TypeError ? malformed(uri, cause) : cause;
          },
        );
        const response = await fetch(request);
        if (PASSING.has(response.status)) {
          await response.body?.cancel();
          throw passing(uri, `answered ${response.status} ${response.statusText}`.trim());
        }
        return await use(response);
      } catch (cause) {
        if (cause instanceof RefineDetError) throw cause;
        if (timer.signal.aborted) throw passing(uri, `took more than ${this.#timeout} ms`, cause);
        const reason = (cause as Error).cause ?? cause;
        throw passing(uri, `failed: ${(reason as Error).message}`, cause);
      } finally {
        clearTimeout(timeout);
        stop?.();
      }
    }, init.signal);
  }
}

const PART_BYTES = 8 * 2 ** 20;

function passing(uri: string, what: string, cause?: unknown): PassingError {
  return new PassingError('FETCH_FAILED', `${withoutPassword(uri)} ${what}`, { cause });
}

/** Requests take no URL with a password, either. */
function malformed(uri: string, cause: unknown): RefineDetError {
  const message = `${withoutPassword(uri)} cannot be fetched: it is not a valid URL, or has a password in it`;
  return new RefineDetError('FETCH_FAILED', message, { cause });
}

/** @throws FETCH_FAILED for an answer that no repetition changes */
function required(uri: string, { ok, status, statusText }: Response): void {
  if (ok) return;
  const message = `${withoutPassword(uri)} answered ${status} ${statusText}`.trim();
  throw new RefineDetError('FETCH_FAILED', message);
}
