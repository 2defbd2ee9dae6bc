/** Addresses of clients, for the log. */
import { isIP } from 'node:net';
import type { Chunks } from './read-body.ts';

/** What servers give beside a request: Deno, Bun, and @hono/node-server in Node. */
export interface Connection {
  /** Given by Deno. */
  remoteAddr?: { hostname?: string };
  /** Given by Bun. */
  requestIP?(request: Request): { address: string } | null;
  /** Given by Node. */
  incoming?: { socket?: { remoteAddress?: string } };
}

/** The connection of our own server, which also reads the body. */
export interface OwnConnection extends Connection {
  /** The body, instead of that of the request. */
  chunks?: Chunks;
}

/**
 * Returns the address of the client, where the server gives it.
 * @param trustProxy whether a reverse proxy in front has appended the address of its client to
 *   X-Forwarded-For; what is left of that may be invented
 */
export function clientAddress(
  request: Request,
  connection: Connection | undefined,
  trustProxy: boolean,
): string | undefined {
  const forwarded = trustProxy && request.headers.get('x-forwarded-for')?.split(',').at(-1)?.trim();
  if (forwarded && isIP(forwarded)) return forwarded;
  return (
    connection?.incoming?.socket?.remoteAddress ??
    connection?.remoteAddr?.hostname ??
    connection?.requestIP?.(request)?.address
  );
}
