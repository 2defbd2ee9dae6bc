/** The handler as a server of Node, with limits for slow clients. */
import { once } from 'node:events';
import { type Server, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { createAdaptorServer, type HttpBindings } from '@hono/node-server';
import type { OwnConnection } from './client-address.ts';
import type { Handler } from './handler.ts';

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
  const server = createAdaptorServer({
    fetch: (request, connection) => {
      const { incoming } = connection as HttpBindings;
      // Read directly: a web stream for each body is made and thrown away.
      const chunks = incoming.iterator({ destroyOnReturn: false });
      const own: OwnConnection = { incoming, chunks };
      return handle(request, own);
    },
    hostname: 'localhost', // for requests without Host, which HTTP/1.0 allows
    serverOptions: {
      headersTimeout: Math.min(headersTimeout, requestTimeout),
      requestTimeout,
      connectionsCheckingInterval: CHECK_INTERVAL,
    },
  }) as Server;
  // This is not a proxy.
  server.on('connect', (_request, socket) =>
    socket.end('HTTP/1.1 405 Method Not Allowed\r\nconnection: close\r\ncontent-length: 0\r\n\r\n'),
  );
  server.on('clientError', answerClientError);
  // Also ends connections whose client does not read its answer.
  server.setTimeout(2 * requestTimeout);
  server.maxConnections = MOST_CONNECTIONS;
  return server;
}

/** What Node's parser refuses never reaches the handler. */
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
  const title = STATUS_CODES[status];
  const problem = JSON.stringify({
    ...{ type: 'about:blank', title, status, code: 'REQUEST_INVALID', requestId: '' },
    detail: `the request is not HTTP that this server accepts (${error.code})`,
  });
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
