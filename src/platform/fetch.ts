/** Downloads whose errors report what the server answered. */
import { RefineDetError } from '../errors.ts';
import { withoutPassword } from '../without-password.ts';
import type { DownloadOptions } from './platform.ts';

export interface FetchOptions extends Pick<DownloadOptions, 'onProgress'> {
  signal?: AbortSignal;
}

/**
 * Fetches the bytes of a URL.
 * @throws FETCH_FAILED with URL, status and content type; ABORTED
 */
export async function fetchBytes(url: string, options: FetchOptions = {}): Promise<Uint8Array> {
  return (await download(url, options)).bytes;
}

/** Fetches the bytes of a URL and the headers of the response. */
export async function download(
  url: string,
  { signal, onProgress }: FetchOptions,
): Promise<{ bytes: Uint8Array<ArrayBuffer>; headers: Headers }> {
  try {
    const response = await fetch(url, { signal });
    const type = response.headers.get('content-type') ?? 'no content type';
    if (!response.ok) {
      throw failure(`${url} answered ${response.status} ${response.statusText} (${type})`);
    }
    // Single-page servers answer unknown paths with their index page and status 200.
    if (type.startsWith('text/html')) throw failure(`${url} answered an HTML page (${type})`);
    return { bytes: await readBody(response, onProgress), headers: response.headers };
  } catch (cause) {
    if (cause instanceof RefineDetError) throw cause;
    if (signal?.aborted) {
      throw new RefineDetError('ABORTED', `the download of ${withoutPassword(url)} was aborted`, {
        cause,
      });
    }
    const reason = (cause as Error).cause ?? cause;
    throw failure(`cannot fetch ${url}: ${(reason as Error).message}`, cause);
  }
}

async function readBody(
  response: Response,
  onProgress: DownloadOptions['onProgress'],
): Promise<Uint8Array<ArrayBuffer>> {
  if (!onProgress || !response.body) return new Uint8Array(await response.arrayBuffer());
  // The length counts the bytes sent: compressed ones, when the response is compressed.
  const length = response.headers.has('content-encoding')
    ? null
    : response.headers.get('content-length');
  const total = length === null ? undefined : Number(length);
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let loaded = 0;
  const reader = response.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    chunks.push(value);
    loaded += value.length;
    onProgress({ loaded, total });
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}

function failure(message: string, cause?: unknown): RefineDetError {
  return new RefineDetError('FETCH_FAILED', withoutPassword(message), { cause });
}
