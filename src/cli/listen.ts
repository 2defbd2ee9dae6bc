/** Servers of commands. */
import { once } from 'node:events';
import type { Server } from 'node:http';
import { type AddressInfo, isIPv6 } from 'node:net';
import { RefineDetError } from '../errors.ts';

/**
 * Listens at the first free port of the list; 0 means any port.
 * @returns the URL of the server
 * @throws ADDRESS_UNAVAILABLE
 */
export async function listen(
  server: Server,
  host: string,
  ports: readonly number[],
): Promise<string> {
  let failure: unknown;
  for (const port of ports) {
    try {
      server.listen(port, host);
      await once(server, 'listening');
      const { port: actual } = server.address() as AddressInfo;
      return `http://${isIPv6(host) ? `[${host}]` : host}:${actual}/`;
    } catch (error) {
      failure = error;
    }
  }
  const reason = (failure as Error).message;
  throw new RefineDetError('ADDRESS_UNAVAILABLE', `cannot listen at ${host}: ${reason}`, {
    cause: failure,
  });
}
