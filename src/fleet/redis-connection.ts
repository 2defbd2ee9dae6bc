/** The connection to Redis, which comes back by itself. */
import type { Redis } from 'ioredis';
import { missingDependency, RefineDetError } from '../errors.ts';
import { withoutPassword } from '../without-password.ts';

interface RedisAddress {
  /** Address such as `redis://host:6379`. */
  url: string;
  /** Receives a sentence when the connection is lost. */
  warn?: (message: string) => void;
}

/** Says which optional package is missing. */
export function missingPackage(name: string) {
  return (cause: unknown): never => {
    const isMissing = (cause as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND';
    throw isMissing ? missingDependency('the queue of a fleet', name, cause) : cause;
  };
}

/** Milliseconds between attempts to get a lost connection back. */
const RECONNECT = 500;

/**
 * Connects at once or not at all; a connection that is lost later comes back, and commands wait for it.
 * @throws MISSING_DEPENDENCY, QUEUE_UNAVAILABLE
 */
export async function connectRedis({ url, warn }: RedisAddress): Promise<Redis> {
  const { Redis } = await import('ioredis').catch(missingPackage('ioredis'));
  let isConnected = false;
  const client = new Redis(url, {
    lazyConnect: true,
    maxRetriesPerRequest: null,
    retryStrategy: () => (isConnected ? RECONNECT : null),
  });
  let reason = 'the connection was refused';
  client.on('error', (error) => {
    reason = error.message || (error as NodeJS.ErrnoException).code || reason;
  });
  let isLost = false;
  client.on('ready', () => {
    isLost = false;
  });
  client.on('reconnecting', () => {
    if (!isLost) warn?.(`the connection to ${withoutPassword(url)} is lost: waiting for it`);
    isLost = true;
  });
  try {
    await client.connect();
  } catch (cause) {
    client.disconnect();
    const message = `the queue at ${withoutPassword(url)} cannot be reached: ${reason}`;
    throw new RefineDetError('QUEUE_UNAVAILABLE', message, { cause });
  }
  isConnected = true;
  return client;
}
