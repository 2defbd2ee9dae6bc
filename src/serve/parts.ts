/** Forms with files (multipart/form-data). */
import { ServeError } from './problems.ts';

/** More parts than any request needs. */
const MOST_PARTS = 128;

/** @throws REQUEST_INVALID, REQUEST_TOO_LARGE */
export async function readParts(
  bytes: Uint8Array<ArrayBuffer>,
  contentType: string,
): Promise<FormData> {
  const boundary = /boundary="?([^";]{1,70})"?/i.exec(contentType)?.[1];
  if (boundary === undefined) {
    throw new ServeError('REQUEST_INVALID', 'the form has no boundary in its content-type');
  }
  if (hasMore(bytes, new TextEncoder().encode(`--${boundary}`), MOST_PARTS + 1)) {
    const message = `a form may have ${MOST_PARTS} parts at most`;
    throw new ServeError('REQUEST_TOO_LARGE', message);
  }
  try {
    return await new Response(bytes, { headers: { 'content-type': contentType } }).formData();
  } catch (cause) {
    throw new ServeError('REQUEST_INVALID', 'the form is malformed or truncated', {}, cause);
  }
}

/** Whether a mark occurs more often than a limit; parsing would keep an object for each part. */
function hasMore(bytes: Uint8Array, mark: Uint8Array, limit: number): boolean {
  let count = 0;
  for (let at = bytes.indexOf(mark[0]); at >= 0; at = bytes.indexOf(mark[0], at + 1)) {
    if (!mark.every((byte, i) => bytes[at + i] === byte)) continue;
    if (++count > limit) return true;
  }
  return false;
}
