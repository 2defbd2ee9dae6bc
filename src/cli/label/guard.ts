/** Decides which requests may reach a folder: those of the page that this server has sent, and no others. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { RefineDetError } from '../../errors.ts';

/** Names under which a browser on this machine reaches a loopback address. */
const LOOPBACK = ['127.0.0.1', 'localhost', '[::1]'];

/**
 * Returns the path of a request below the token.
 * @throws FORBIDDEN for another host name (DNS rebinding), another site's page, or a wrong token
 */
export function guardedPath(
  { headers, url = '/', socket }: IncomingMessage,
  token: string,
): string {
  const { host = '', origin } = headers;
  const port = socket.localPort;
  if (!LOOPBACK.some((name) => host === `${name}:${port}`)) {
    throw new RefineDetError('FORBIDDEN', `this server is not ${JSON.stringify(host)}`);
  }
  const site = headers['sec-fetch-site'];
  const isForeign = site !== undefined && site !== 'same-origin' && site !== 'none';
  if (isForeign || (origin !== undefined && origin !== `http://${host}`)) {
    throw new RefineDetError('FORBIDDEN', 'pages of other sites may not use this server');
  }
  const [, given = '', path = ''] = /^\/([^/?#]*)(?:\/([^?#]*))?/.exec(url) ?? [];
  if (!isSame(given, token)) {
    throw new RefineDetError('FORBIDDEN', 'the address lacks the token that the server printed');
  }
  return path;
}

/** Compares in a time that says nothing about the content. */
function isSame(a: string, b: string): boolean {
  const [first, second] = [a, b].map((text) => createHash('sha256').update(text).digest());
  return timingSafeEqual(first, second);
}
