/** The handler as a server of Node, with limits for slow clients. */
import { once } from 'node:events';
import { createServer, type Server, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { getRequestListener, type HttpBindings, RequestError } from '@hono/node-server';
import type { ErrorCode } from '../errors.ts';
import { show } from '../option-checks.ts';
import type { OwnConnection } from './client-address.ts';
import type { Handler } from './handler.ts';
import { problemAnswer, ServeError } from './problems.ts';

/** Milliseconds in which a client must have sent its headers. */
const HEADERS_TIMEOUT = 10_000;
/** Milliseconds between two checks for slow clients. */
const CHECK_INTERVAL = 1000;
/** Connections at a time; more are closed at once. */
const MOST_CONNECTIONS = 1024;

export interface ServerOptions {
  /** Milliseconds in which a client must have sent its whole request. */
  requestTimeout: number;
  headersTimeout?: number;
}

/** A server that does not listen yet. */
export function nodeServer(
  handle: Handler,
  { requestTimeout, headersTimeout = HEADERS_TIMEOUT }: ServerOptions,
): Server {
  const answer = getRequestListener(
    (request, connection) => {
      const { incoming } = connection as HttpBindings;
      // Read directly: a web stream for each body is made and thrown away.
      const chunks = incoming.iterator({ destroyOnReturn: false });
      const own: OwnConnection = { incoming, chunks };
      return handle(request, own);
    },
    {
      hostname: 'localhost', // for requests without Host, which HTTP/1.0 allows
      errorHandler: (error) => problemAnswer(unreadable(error), ''),
    },
  );
  const server = createServer(
    {
      headersTimeout: Math.min(headersTimeout, requestTimeout),
      requestTimeout,
      connectionsCheckingInterval: CHECK_INTERVAL,
    },
    answer,
  );
  // This is not a proxy.
  server.on('connect', (_request, socket) =>
    refuse(socket, 405, 'METHOD_NOT_ALLOWED', 'this server is not a proxy'),
  );
  server.on('checkExpectation', ({ socket, headers }) =>
    refuse(socket, 417, 'REQUEST_INVALID', `unknown expectation ${show(headers.expect)}`),
  );
  server.on('clientError', answerClientError);
  // Also ends connections whose client does not read its answer.
  server.setTimeout(2 * requestTimeout);
  server.maxConnections = MOST_CONNECTIONS;
  return server;
}

/** An address or a Host that is not one never reaches the handler. */
function unreadable(error: unknown): unknown {
  if (!(error instanceof RequestError)) return error;
  const message = 'the address or the Host of the request is malformed';
  return new ServeError('REQUEST_INVALID', message, {}, error);
}

/** Neither does what Node's parser refuses. */
const CLIENT_ERRORS: Readonly<Record<string, number>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 408,
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
};

function answerClientError(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const status = CLIENT_ERRORS[error.code ?? ''] ?? 400;
  const detail = `the request is not HTTP that this server accepts (${error.code})`;
  refuse(socket, status, 'REQUEST_INVALID', detail);
}

/** Answers with problem details where Node gives no response to write to. */
function refuse(socket: Duplex, status: number, code: ErrorCode, detail: string): void {
  const title = STATUS_CODES[status];
  const fields = { type: 'about:blank', title, status, detail, code, requestId: '' };
  const problem = JSON.stringify(fields);
  socket.end(
    `HTTP/1.1 ${status} ${title}\r\nconnection: close\r\ncontent-type: application/problem+json\r\n` +
      `content-length: ${Buffer.byteLength(problem)}\r\n\r\n${problem}`,
  );
}

/**
 * Stops accepting and waits for requests under way.
 * @param grace milliseconds after which connections are cut
 */
export async function closeServer(server: Server, grace: number): Promise<void> {
  const closed = once(server, 'close');
  server.close(); // closes idle connections too
  const timer = setTimeout(() => server.closeAllConnections(), grace);
  await closed;
  clearTimeout(timer);
}
