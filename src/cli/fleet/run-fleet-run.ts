/** `refinedet fleet run`. */
import { RefineDetError } from '../../errors.ts';
import { runWith, shardsFailed } from '../../fleet/run-shards.ts';
import { besides } from '../../fleet/storage/store.ts';
import { interruptSignal } from '../interrupt.ts';
import { counted } from '../printable.ts';
import { warn } from '../terminal.ts';
import type { RunFlags, WorkFlags } from './fleet-options.ts';
import { FleetProgress } from './fleet-progress.ts';

/** Options that only a worker has. */
const OF_WORKERS = ['model', 'workers', 'threads', 'prefetch', 'metrics'] as const;

/** @throws USAGE, MANIFEST_FORMAT, FLEET_MISMATCH, SHARDS_FAILED, QUEUE_UNAVAILABLE, FILE_WRITE, ABORTED */
export async function runFleet(manifest: string, flags: RunFlags): Promise<void> {
  if (flags.redis === undefined) {
    if (flags.detach) throw new RefineDetError('USAGE', '--detach needs --redis');
    return runHere(manifest, flags);
  }
  const given = OF_WORKERS.find((name) => flags[name] !== undefined);
  if (given) {
    throw new RefineDetError(
      'USAGE',
      `--${given} is for "fleet work": with --redis, run only adds the shards`,
    );
  }
  const { produce } = await import('./produce.ts');
  await produce(manifest, { ...flags, redis: flags.redis });
}

/** Works on all shards, or a part of them, in this process. */
export async function runHere(
  manifest: string,
  flags: Omit<RunFlags | WorkFlags, 'redis'>,
  part?: { index: number; count: number },
): Promise<void> {
  const signal = interruptSignal();
  const progress = new FleetProgress(flags);
  const close = await progress.serve();
  progress.announceEnd(signal);
  try {
    const { onStart, image, shard, watch } = progress;
    const options = { ...flags, part, signal, warn, onStart, image, shard };
    const summary = await runWith(manifest, options, { watch });
    progress.summarize(besides(manifest, ''));
    const { failed, missing, written } = summary;
    if (failed.length > 0) throw shardsFailed(failed);
    if (!signal.aborted || written === missing) return;
    const done = `${written} of ${counted(missing, 'shard')}`;
    throw new RefineDetError('ABORTED', `interrupted after ${done}; the same command continues`);
  } finally {
    progress.stop();
    close();
  }
}
