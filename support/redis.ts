/** A Redis server for tests: Debian's redis-server on a free port, with its data in a folder. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { hasPart } from './optional-parts.ts';
import { works } from './works.ts';

export const hasRedis = hasPart(
  'redis',
  works('redis-server', '--version') ? undefined : 'redis-server is not installed',
);

export interface RedisServer {
  url: string;
  stop(): Promise<void>;
  /** Starts again with the same data. */
  start(): Promise<void>;
}

/** @param folder for its data */
export async function startRedis(folder: string): Promise<RedisServer> {
  const port = await freePort();
  let child: ChildProcess | undefined;
  const start = async () => {
    const where = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder];
    child = spawn('redis-server', [...where, '--appendonly', 'yes', '--save', ''], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    for await (const text of child.stdout!) if (/Ready to accept/.test(String(text))) break;
  };
  const stop = async () => {
    if (!child || child.exitCode !== null) return;
    const end = once(child, 'exit');
    child.kill('SIGTERM');
    await end;
  };
  await start();
  return { url: `redis://127.0.0.1:${port}`, start, stop };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}
