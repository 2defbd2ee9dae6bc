/** `refinedet fleet work`. */
import { RefineDetError } from '../../errors.ts';
import { shardsFailed, workOn } from '../../fleet/run-shards.ts';
import { ShardWorker } from '../../fleet/shard-worker.ts';
import { besides } from '../../fleet/storage/store.ts';
import { knowsFusedProducts } from '../../kernels/relaxed-simd.ts';
import { interruptSignal } from '../interrupt.ts';
import { warn } from '../terminal.ts';
import type { WorkFlags } from './fleet-options.ts';
import { FleetProgress } from './fleet-progress.ts';
import { openQueue } from './open-queue.ts';
import { runHere } from './run-fleet-run.ts';
import { runPart } from './run-part.ts';

/**
 * Works until nothing is left. A worker of a queue that is stopped has done its duty: that counts as
 * success.
 * @throws USAGE, MANIFEST_FORMAT, FLEET_MISMATCH, SHARDS_FAILED, QUEUE_UNAVAILABLE, FILE_WRITE, ABORTED
 */
export async function runWork(uri: string, flags: WorkFlags): Promise<void> {
  const { redis } = flags;
  if (redis === undefined) {
    if (flags.lock !== undefined) throw new RefineDetError('USAGE', '--lock needs --redis');
    return runHere(uri, flags, runPart(flags.shard, process.env));
  }
  const signal = interruptSignal();
  const { storage, manifest, queue } = await openQueue(uri, { ...flags, redis }, signal);
  const progress = new FleetProgress(flags);
  const close = await progress.serve();
  progress.announceEnd(signal);
  let worker: ShardWorker | undefined;
  try {
    await queue.join(knowsFusedProducts() ? 'relaxed SIMD' : 'plain SIMD');
    const { image, shard } = progress;
    worker = await ShardWorker.open(
      manifest,
      { ...flags, warn, signal },
      { storage, image, shard },
    );
    progress.watch(worker);
    const failed = await workOn(queue, worker, { ...flags, signal, shard });
    progress.summarize(besides(uri, ''));
    if (signal.aborted) process.exitCode = 0;
    else if (failed.length > 0) throw shardsFailed(failed);
  } finally {
    progress.stop();
    close();
    await worker?.dispose();
    await queue.close();
  }
}
