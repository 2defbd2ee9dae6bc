/** Clients that keep a number of connections of a server busy. */
import { Agent, request } from 'node:http';

export interface LoadResult {
  /** Number of answers by status; 0 are failures of the connection. */
  statuses: Map<number, number>;
  /** Milliseconds of each accepted request, ascending. */
  accepted: number[];
  seconds: number;
}

export interface LoadOptions {
  connections: number;
  /** Ends the load. */
  until: (requests: number, milliseconds: number) => boolean;
  /** Milliseconds that a connection waits after an answer that is not 200. Default 0. */
  pause?: number;
}

/** Posts a body again and again over connections that stay open. */
export async function loadServer(
  url: string,
  body: Uint8Array,
  { connections, until, pause = 0 }: LoadOptions,
): Promise<LoadResult> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const statuses = new Map<number, number>();
  const accepted: number[] = [];
  const start = performance.now();
  let requests = 0;
  const client = async () => {
    while (!until(requests++, performance.now() - start)) {
      const begin = performance.now();
      const status = await post(url, body, agent);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      if (status === 200) accepted.push(performance.now() - begin);
      else if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause));
    }
  };
  await Promise.all(Array.from({ length: connections }, client));
  agent.destroy();
  accepted.sort((a, b) => a - b);
  return { statuses, accepted, seconds: (performance.now() - start) / 1000 };
}

/** Status of the answer, or 0 when the connection failed. */
function post(url: string, body: Uint8Array, agent: Agent): Promise<number> {
  return new Promise((resolve) => {
    const asked = request(url, { method: 'POST', agent }, (answer) => {
      answer.resume();
      answer.on('end', () => resolve(answer.statusCode ?? 0));
      answer.on('error', () => resolve(0));
    });
    asked.on('error', () => resolve(0));
    asked.end(body);
  });
}
