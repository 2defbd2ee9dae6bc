/** A web server for tests: serves folders, and files that exist only in memory. */
import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { text } from 'node:stream/consumers';

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
  '.jpg': 'image/jpeg',
  '.webm': 'video/webm',
};

/** With these headers pages may use threads. */
export const ISOLATION = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
};

/** `lib(name)` imports a bundle: vitest rewrites the `import()` of functions for the page. */
const LIB = `globalThis.lib = (name) => import('/lib/' + name + '.js')`;
/** No script of its own, which a Content-Security-Policy may forbid. */
const INDEX = `<!doctype html><title>test</title><body></body>
<script src="/lib.js"></script>`;

export interface Site {
  /** URL without a slash at the end. */
  url: string;
  /** Requested paths, in order, but for the site's own script. */
  requests: string[];
  close(): Promise<void>;
}

export interface SiteContent {
  /** Folders by path: `/images` serves the folder's files as `/images/…`. */
  folders?: Record<string, string>;
  /** Contents by path. */
  files?: Record<string, Uint8Array | string>;
  /** Whether pages may use threads. */
  isolated?: boolean;
  /** More headers of every answer. */
  headers?: Record<string, string>;
  /** JSON answers by path, from the body of the request. */
  dynamic?: Record<string, (body: string, answer: (json: string) => void) => void>;
}

/** Starts a server. It answers unknown paths with the index page and status 200, like single-page servers. */
export async function serveSite({
  folders = {},
  files = {},
  isolated,
  headers = {},
  dynamic = {},
}: SiteContent): Promise<Site> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url!, 'http://site').pathname);
    if (request.method === 'GET' && path !== '/lib.js') requests.push(path);
    const all = { ...(isolated && ISOLATION), ...headers };
    response.setHeaders(new Map(Object.entries(all)));
    response.setHeader('content-type', TYPES[extname(path)] ?? 'application/octet-stream');
    if (dynamic[path]) {
      response.setHeader('content-type', 'application/json');
      void text(request).then((body) => dynamic[path](body, (json) => response.end(json)));
      return;
    }
    const inMemory = path === '/lib.js' ? LIB : files[path];
    if (inMemory !== undefined) send(response, inMemory, request.method);
    else if (!sendFromFolder(response, folders, path)) {
      response.setHeader('content-type', TYPES['.html']);
      response.end(INDEX);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

function send(response: ServerResponse, body: Uint8Array | string, method = 'GET'): void {
  response.setHeader('content-length', Buffer.byteLength(body));
  response.setHeader('etag', `"${Buffer.byteLength(body)}"`);
  response.end(method === 'HEAD' ? undefined : body);
}

function sendFromFolder(
  response: ServerResponse,
  folders: Record<string, string>,
  path: string,
): boolean {
  for (const [prefix, folder] of Object.entries(folders)) {
    if (!path.startsWith(`${prefix}/`)) continue;
    const file = join(folder, normalize(path.slice(prefix.length)));
    if (!existsSync(file) || !statSync(file).isFile()) continue;
    createReadStream(file).pipe(response);
    return true;
  }
  return false;
}
