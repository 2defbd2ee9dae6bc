/** Serves the page and one folder to the browser of this machine. */
import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type ErrorCode, RefineDetError } from '../../errors.ts';
import { HEADERS } from '../demo/demo-server.ts';
import type { Site } from '../demo/demo-site.ts';
import { listen } from '../listen.ts';
import { guardedPath } from './guard.ts';
import { type Answer, answerApi } from './label-api.ts';
import type { LabelFolder } from './label-folder.ts';

const HOST = '127.0.0.1';
const PAGE = 'teach.html';
const TOKEN_BYTES = 16;
/** Stays on this machine: addresses have the token. */
const PRIVATE = { ...HEADERS, 'referrer-policy': 'no-referrer', 'x-frame-options': 'DENY' };

const STATUS: Partial<Record<ErrorCode, number>> = {
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  FILE_NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  REQUEST_TOO_LARGE: 413,
  REQUEST_INVALID: 400,
  IMAGE_EMPTY: 400,
  IMAGE_FORMAT: 400,
  IMAGE_CORRUPT: 400,
  IMAGE_TOO_LARGE: 400,
};

/**
 * Listens on loopback at the first free port of the list.
 * @param site the page; it learns from an attribute that it labels a folder
 * @returns the address with its token
 * @throws ADDRESS_UNAVAILABLE
 */
export async function serveFolder(
  site: Site,
  folder: LabelFolder,
  ports: readonly number[],
): Promise<{ server: Server; url: string }> {
  const token = randomBytes(TOKEN_BYTES).toString('hex');
  const pages = forFolder(site);
  const server = createServer((request, response) => {
    respond(pages, folder, token, request).then(
      (answer) => send(response, answer),
      (error) => send(response, failure(error)),
    );
  });
  const url = await listen(server, HOST, ports);
  return { server, url: `${url}${token}/${PAGE}` };
}

function forFolder(site: Site): Site {
  const page = site.get(PAGE);
  if (!page) throw new RefineDetError('FILE_NOT_FOUND', `the page has not been built: ${PAGE}`);
  const text = new TextDecoder().decode(page.body as Uint8Array);
  const body = new TextEncoder().encode(text.replace('<html ', '<html data-store="folder" '));
  return new Map(site).set(PAGE, { ...page, body, etag: `"folder-${page.etag.slice(1)}` });
}

async function respond(
  site: Site,
  folder: LabelFolder,
  token: string,
  request: IncomingMessage,
): Promise<Answer> {
  const path = guardedPath(request, token);
  if (path.startsWith('api/')) return answerApi(folder, path.slice(4), request);
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    throw new RefineDetError('METHOD_NOT_ALLOWED', `${request.method} is not allowed here`);
  }
  const file = site.get(path === '' ? PAGE : path);
  if (!file) throw new RefineDetError('NOT_FOUND', `no such address: ${path}`);
  const { body, type, etag } = file;
  if (request.headers['if-none-match'] === etag) return { status: 304, headers: { etag } };
  const headers = { 'content-type': type, etag, 'content-length': String(body.length) };
  return { headers, body: request.method === 'HEAD' ? undefined : body };
}

function failure(error: unknown): Answer {
  const isKnown = error instanceof RefineDetError;
  const code: ErrorCode = isKnown ? error.code : 'UNEXPECTED';
  const message = error instanceof Error ? error.message : String(error);
  return {
    status: STATUS[code] ?? 500,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ code, message }),
  };
}

function send(response: ServerResponse, { status = 200, headers = {}, body }: Answer): void {
  response.writeHead(status, { ...PRIVATE, ...headers });
  response.end(body);
  // What the client still sends is not read.
  if (status >= 400) response.on('finish', () => response.req.resume());
}
