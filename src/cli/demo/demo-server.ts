/** Serves a {@link Site} over HTTP with the headers that threads need. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { listen } from '../listen.ts';
import type { Site } from './demo-site.ts';

/** Headers of every answer. */
export const HEADERS: Readonly<Record<string, string>> = {
  // A cross-origin isolated page may share memory between threads.
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-cache',
  'x-content-type-options': 'nosniff',
};

/**
 * Listens at the first free port of the list; 0 means any port.
 * @throws ADDRESS_UNAVAILABLE
 */
export async function serveSite(
  site: Site,
  host: string,
  ports: number | readonly number[],
): Promise<{ server: Server; url: string }> {
  const server = createServer((request, response) => answer(site, request, response));
  return { server, url: await listen(server, host, [ports].flat()) };
}

function answer(site: Site, { method, url, headers }: IncomingMessage, response: ServerResponse) {
  for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
  if (method !== 'GET' && method !== 'HEAD') return response.writeHead(405).end();
  const [path] = (url ?? '/').split('?');
  const file = site.get(path === '/' ? 'index.html' : path.slice(1));
  if (!file) return response.writeHead(404).end();
  const { body, type, etag } = file;
  response.setHeader('etag', etag);
  if (headers['if-none-match'] === etag) return response.writeHead(304).end();
  response.writeHead(200, { 'content-type': type, 'content-length': body.length });
  response.end(method === 'HEAD' ? undefined : body);
}
