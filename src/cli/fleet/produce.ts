/** `refinedet fleet run --redis`: adds shards to the queue and shows how far all machines are. */
import { setTimeout as sleep } from 'node:timers/promises';
import { RefineDetError } from '../../errors.ts';
import type { Manifest, ShardRange } from '../../fleet/manifest.ts';
import type { QueueStatus, RedisQueue } from '../../fleet/redis-queue.ts';
import { missingShards, rangesOf, shardsFailed } from '../../fleet/run-shards.ts';
import type { Storage } from '../../fleet/storage/storage.ts';
import { besides } from '../../fleet/storage/store.ts';
import type { FailedTask } from '../../fleet/task-queue.ts';
import { untilAborted } from '../../interruption.ts';
import { interruptSignal } from '../interrupt.ts';
import { counted } from '../printable.ts';
import { Progress } from '../progress.ts';
import type { RunFlags } from './fleet-options.ts';
import { openQueue } from './open-queue.ts';

/** Milliseconds between two polls of the queue. */
const POLL = 500;
/** Looks in a row at an idle queue, after which missing shards are added again. */
const IDLE_LOOKS = 4;

type Flags = RunFlags & { redis: string };

interface Run {
  manifest: Manifest;
  storage: Storage;
  queue: RedisQueue<ShardRange>;
  signal: AbortSignal;
}

/** @throws MANIFEST_FORMAT, SHARDS_FAILED, QUEUE_UNAVAILABLE, ABORTED */
export async function produce(uri: string, flags: Flags): Promise<void> {
  const signal = interruptSignal();
  const run = { ...(await openQueue(uri, flags, signal)), signal };
  try {
    const tell = (sentence: string) => {
      if (!flags.quiet) process.stderr.write(`refinedet: ${sentence}\n`);
    };
    await run.manifest.verify(signal);
    const missing = await addMissing(run, () => run.queue.revive());
    const { shards } = run.manifest;
    if (missing === 0) return tell(`nothing to do: ${counted(shards, 'complete shard')}`);
    if (flags.detach) return tell(`${counted(missing, 'shard')} added to the queue`);
    const rate = await follow(run, flags);
    tell(`all machines together: ${rate.toFixed(1)} images/s; results in ${besides(uri, '')}`);
  } finally {
    await run.queue.close();
  }
}

/** Adds the shards whose files are missing or damaged. @returns their number */
async function addMissing(
  { manifest, storage, queue, signal }: Run,
  before: () => Promise<void> = async () => {},
): Promise<number> {
  const { missing } = await missingShards(manifest, storage, undefined, signal);
  await before();
  const isMissing = new Set(missing);
  const all = Array.from({ length: manifest.shards }, (_, index) => index);
  await queue.setDone(all.filter((index) => !isMissing.has(index)));
  if (missing.length > 0) await queue.add(rangesOf(manifest, missing), signal);
  return missing.length;
}

/** Shows the progress until nothing is left to do. @returns images per second */
async function follow(run: Run, flags: Flags): Promise<number> {
  const { manifest, queue, signal } = run;
  const images = ({ done }: QueueStatus) =>
    Math.min(done * manifest.header.shardSize, manifest.header.inputs);
  const first = images(await queue.status());
  const progress = new Progress(manifest.header.inputs - first, flags);
  try {
    let shown = first;
    for (let idle = 0; ; ) {
      const status = await untilAborted(signal, queue.status()).catch(() => {
        throw new RefineDetError(
          'ABORTED',
          'interrupted; the workers continue, and the same command follows them',
        );
      });
      progress.advance('', images(status) - shown);
      shown = images(status);
      if (status.canceled) throw new RefineDetError('ABORTED', 'the run was canceled');
      if (status.done + status.failed >= status.total) break;
      // A server that has forgotten its jobs, or a job of a removed file, would wait forever.
      idle = status.waiting + status.active + status.delayed > 0 ? 0 : idle + 1;
      if (idle % IDLE_LOOKS === IDLE_LOOKS - 1) await addMissing(run);
      await sleep(POLL, undefined, { signal }).catch(() => {});
    }
  } finally {
    progress.stop();
  }
  const failed: FailedTask[] = [];
  for await (const task of queue.failed()) failed.push(task);
  if (failed.length > 0) throw shardsFailed(failed.sort((a, b) => a.index - b.index));
  return progress.rate;
}
