/** `refinedet fleet retry`. */
import { counted } from '../printable.ts';
import { print } from '../terminal.ts';
import type { QueueFlags } from './fleet-options.ts';
import { openQueue } from './open-queue.ts';

/** @throws MANIFEST_FORMAT, FILE_NOT_FOUND, FETCH_FAILED, QUEUE_UNAVAILABLE */
export async function runRetry(uri: string, flags: QueueFlags): Promise<void> {
  const { queue } = await openQueue(uri, flags);
  try {
    await print(`${counted(await queue.retry(), 'shard')} put back into the queue\n`);
  } finally {
    await queue.close();
  }
}
