/** `refinedet fleet status`. */
import { Manifest } from '../../fleet/manifest.ts';
import { missingShards } from '../../fleet/run-shards.ts';
import { Storage } from '../../fleet/storage/storage.ts';
import { print } from '../terminal.ts';
import { textTable } from '../text-table.ts';
import type { StatusFlags } from './fleet-options.ts';
import { openQueue } from './open-queue.ts';

/** @throws MANIFEST_FORMAT, FILE_NOT_FOUND, FETCH_FAILED, QUEUE_UNAVAILABLE */
export async function runStatus(uri: string, flags: StatusFlags): Promise<void> {
  const { redis, json } = flags;
  const status =
    redis === undefined ? await ofFiles(uri, flags) : await ofQueue(uri, { ...flags, redis });
  const { canceled = false, ...counts } = status as typeof status & { canceled?: boolean };
  const lines = textTable(['shards', ''], Object.entries(counts)).slice(1);
  if (canceled) lines.push('canceled');
  await print(json ? `${JSON.stringify(status)}\n` : lines.map((line) => `${line}\n`).join(''));
}

async function ofFiles(uri: string, { timeout }: StatusFlags) {
  const storage = new Storage({ timeout });
  const manifest = await Manifest.open(uri, storage);
  const { shards, missing } = await missingShards(manifest, storage);
  return { total: shards, done: shards - missing.length };
}

async function ofQueue(uri: string, flags: StatusFlags & { redis: string }) {
  const { queue } = await openQueue(uri, flags);
  try {
    return await queue.status();
  } finally {
    await queue.close();
  }
}
