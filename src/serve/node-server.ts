/** The handler as a server of Node, with limits for slow clients. */
import { once } from 'node:events';
import type { Server } from 'node:http';
import { createAdaptorServer } from '@hono/node-server';
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
    fetch: handle,
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
  server.maxConnections = MOST_CONNECTIONS;
  return server;
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
