/** `refinedet fleet cancel`. */
import { print } from '../terminal.ts';
import type { QueueFlags } from './fleet-options.ts';
import { openQueue } from './open-queue.ts';

/** @throws MANIFEST_FORMAT, FILE_NOT_FOUND, FETCH_FAILED, QUEUE_UNAVAILABLE */
export async function runCancel(uri: string, flags: QueueFlags): Promise<void> {
  const { queue } = await openQueue(uri, flags);
  try {
    const { done, total } = await queue.status();
    await queue.cancel();
    await print(`canceled after ${done} of ${total} shards; "fleet run" continues\n`);
  } finally {
    await queue.close();
  }
}
