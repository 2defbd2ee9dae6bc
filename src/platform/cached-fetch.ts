/**
 * Downloads that are kept in the browser's Cache API. A copy is used only while the server still has
 * the same file, which one HEAD request tells, or cannot be reached.
 */
import { throwIfAborted } from '../errors.ts';
import { download, type FetchOptions, fetchBytes } from './fetch.ts';

const CACHE_NAME = 'refinedet';

/** Headers that change with a file. */
const IDENTITY = ['etag', 'last-modified', 'content-length'];

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
  // A full disk or a private window is no reason to fail.
  await cache.put(url, new Response(bytes, { headers: identity(headers) })).catch(() => {});
  return bytes;
}

/** Undefined in insecure pages, in Node, and where the user has blocked storage. */
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
  // A server that does not know HEAD cannot vouch for the copy.
  if (!answer.ok) return false;
  const known = IDENTITY.filter((name) => answer.headers.has(name));
  return (
    known.length > 0 && known.every((name) => answer.headers.get(name) === copy.headers.get(name))
  );
}

function identity(headers: Headers): [string, string][] {
  return IDENTITY.flatMap((name): [string, string][] => {
    const value = headers.get(name);
    return value === null ? [] : [[name, value]];
  });
}
