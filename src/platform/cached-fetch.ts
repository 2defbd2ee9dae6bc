/**
 * Downloads that are kept in the browser's Cache API. A HEAD request asks whether the server still has
 * the same file: its `ETag`, or its `Last-Modified` and `Content-Length`, must be those of the copy.
 * Without such a validator, which servers of other origins hide unless they expose `ETag`, the file is
 * downloaded again: another file may have the same length. Offline, the copy is used.
 */
import { throwIfAborted } from '../errors.ts';
import { download, type FetchOptions, fetchBytes } from './fetch.ts';

const CACHE_NAME = 'refinedet';

/** Headers that identify a file; the first list that the server sends in full decides. */
const VALIDATORS = [['etag'], ['last-modified', 'content-length']];

/** @throws FETCH_FAILED, ABORTED */
export async function cachedBytes(url: string, options: FetchOptions): Promise<Uint8Array> {
  const cache = await openCache();
  if (!cache) return fetchBytes(url, options);
  const copy = await cache.match(url).catch(() => undefined);
  if (copy && (await isCurrent(copy, url, options.signal))) {
    const bytes = new Uint8Array(await copy.arrayBuffer());
    throwIfAborted(options.signal);
    options.onProgress?.({ loaded: bytes.length, total: bytes.length });
    return bytes;
  }
  const { bytes, headers } = await download(url, options);
  // A full disk or a private window must not fail the download.
  await cache.put(url, new Response(bytes, { headers: identity(headers) })).catch(() => {});
  return bytes;
}

/** The cache; undefined in insecure pages, in Node, and where the user has blocked storage. */
async function openCache(): Promise<Cache | undefined> {
  try {
    return await globalThis.caches?.open(CACHE_NAME);
  } catch {
    return undefined;
  }
}

async function isCurrent(copy: Response, url: string, signal?: AbortSignal): Promise<boolean> {
  let answer: Response;
  try {
    answer = await fetch(url, { method: 'HEAD', cache: 'no-cache', signal });
  } catch {
    throwIfAborted(signal);
    return true; // offline
  }
  // A server that does not know HEAD cannot confirm the copy.
  if (!answer.ok) return false;
  const validator = VALIDATORS.find((names) => names.every((name) => answer.headers.has(name)));
  return validator?.every((name) => answer.headers.get(name) === copy.headers.get(name)) ?? false;
}

function identity(headers: Headers): [string, string][] {
  return VALIDATORS.flat().flatMap((name): [string, string][] => {
    const value = headers.get(name);
    return value === null ? [] : [[name, value]];
  });
}
