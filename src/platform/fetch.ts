/** Downloads with errors that say what a server really answered. */
import { RefineDetError } from '../errors.ts';

/**
 * Bytes behind a URL.
 * @throws FETCH_FAILED naming URL, status and content type; ABORTED
 */
export async function fetchBytes(url: string, signal?: AbortSignal): Promise<Uint8Array> {
  let response: Response;
  try {
    response = await fetch(url, { signal });
    const type = response.headers.get('content-type') ?? 'no content type';
    if (!response.ok) {
      throw failure(`${url} answered ${response.status} ${response.statusText} (${type})`);
    }
    // Single-page servers answer unknown paths with their index page and status 200.
    if (type.startsWith('text/html')) throw failure(`${url} answered an HTML page (${type})`);
    return new Uint8Array(await response.arrayBuffer());
  } catch (cause) {
    if (cause instanceof RefineDetError) throw cause;
    if (signal?.aborted) {
      throw new RefineDetError('ABORTED', `the download of ${url} was aborted`, { cause });
    }
    const reason = (cause as Error).cause ?? cause;
    throw failure(`${url} cannot be fetched: ${(reason as Error).message}`, cause);
  }
}

function failure(message: string, cause?: unknown): RefineDetError {
  return new RefineDetError('FETCH_FAILED', message, { cause });
}
