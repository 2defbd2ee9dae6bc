/**
 * The queue for any number of machines: BullMQ on Redis. Redis holds the places of shards, never images.
 * BullMQ renews the locks of jobs by a timer of this thread, which does not compute: networks run in
 * workers.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Job, Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { RefineDetError, throwIfAborted } from '../errors.ts';
import { untilAborted } from '../interruption.ts';
import { Journal, type JournalState } from './journal.ts';
import { connectRedis, missingPackage } from './redis-connection.ts';
import {
  ATTEMPTS,
  type FailedTask,
  FIRST_PAUSE,
  type Process,
  type Task,
  type TaskQueue,
  type WorkOptions,
} from './task-queue.ts';

/** Jobs of one request. */
const BATCH = 500;
/** Jobs that may wait; the producer pauses above. */
const MOST_WAITING = 10_000;
/** Milliseconds between two polls of the queue. */
const POLL = 500;
/** Times that a job comes back after its process has died, then it counts as failed. */
const MOST_DEATHS = 16;
/** Seconds that the keys of a run are kept after its last change. */
const KEPT = 30 * 24 * 3600;

/** Data of a job. */
interface Entry<T> {
  task: T;
  journal?: JournalState;
}

/** How far a run is; counts of tasks. */
export interface QueueStatus {
  total: number;
  done: number;
  waiting: number;
  active: number;
  /** Waiting for another attempt. */
  delayed: number;
  failed: number;
  canceled: boolean;
}

export interface RedisQueueOptions {
  /** Address such as `redis://host:6379`. */
  url: string;
  /** Name of the run. */
  run: string;
  /** Number of its tasks. */
  total: number;
  /** Milliseconds after which the job of a dead worker comes back. Default 30,000. */
  lock?: number;
  /** Receives a sentence when the connection is lost. */
  warn?: (message: string) => void;
}

type Bull = typeof import('bullmq');

export class RedisQueue<T extends Task> implements TaskQueue<T> {
  readonly #bull: Bull;
  readonly #client: Redis;
  readonly #queue: Queue<Entry<T>, void, string>;
  readonly #options: RedisQueueOptions;

  private constructor(bull: Bull, client: Redis, options: RedisQueueOptions) {
    this.#bull = bull;
    this.#client = client;
    this.#options = options;
    this.#queue = new bull.Queue(this.#name, { connection: client });
    this.#queue.on('error', () => {}); // the client reports it
  }

  /** @throws MISSING_DEPENDENCY, QUEUE_UNAVAILABLE */
  static async open<T extends Task>(options: RedisQueueOptions): Promise<RedisQueue<T>> {
    const bull = await import('bullmq').catch(missingPackage('bullmq'));
    return new RedisQueue<T>(bull, await connectRedis(options), options);
  }

  get #name(): string {
    return `refinedet-${this.#options.run}`;
  }

  #key(name: string): string {
    return `${this.#name}:${name}`;
  }

  /**
   * Refuses workers that would compute other values than those that came before.
   * @param engine what decides the last bits of results
   * @throws FLEET_MISMATCH
   */
  async join(engine: string): Promise<void> {
    const key = this.#key('engine');
    await this.#client.set(key, engine, 'EX', KEPT, 'NX');
    const first = await this.#client.get(key);
    if (first === engine) return;
    const message = `the other workers of the run compute with ${first}, this one with ${engine}: results would differ in their last digits`;
    throw new RefineDetError('FLEET_MISMATCH', message);
  }

  /**
   * Adds tasks; one that is in the queue already stays as it is. Waits while 10,000 of them wait.
   * @throws ABORTED
   */
  async add(tasks: AsyncIterable<T>, signal?: AbortSignal): Promise<void> {
    let batch: T[] = [];
    for await (const task of tasks) {
      batch.push(task);
      if (batch.length < BATCH) continue;
      await this.#addBatch(batch, signal);
      batch = [];
    }
    await this.#addBatch(batch, signal);
  }

  /** Lets a run go on that was canceled. */
  async revive(): Promise<void> {
    await this.#client.del(this.#key('canceled'));
  }

  /** States which tasks have results: those, and no others. */
  async setDone(indices: Iterable<number>): Promise<void> {
    const bits = Buffer.alloc(Math.ceil(this.#options.total / 8));
    // Redis counts the bits of a byte from the highest.
    for (const index of indices) bits[index >> 3] |= 0x80 >> (index & 7);
    await this.#client.set(this.#key('done'), bits, 'EX', KEPT);
  }

  async #addBatch(tasks: readonly T[], signal?: AbortSignal): Promise<void> {
    while ((await this.#counts()).waiting > MOST_WAITING) {
      await sleep(POLL);
      throwIfAborted(signal);
    }
    const jobs = tasks.map((task) => ({
      name: 'task',
      data: { task },
      opts: {
        jobId: `${this.#options.run}-${task.index}`,
        attempts: ATTEMPTS,
        backoff: { type: 'exponential', delay: FIRST_PAUSE },
        removeOnComplete: true,
      },
    }));
    await this.#queue.addBulk(jobs);
    await this.#client.expire(this.#key('done'), KEPT);
  }

  async work(
    process: Process<T>,
    { concurrency, stop, abort }: WorkOptions,
  ): Promise<FailedTask[]> {
    const { lock = DEFAULT_LOCK } = this.#options;
    const worker = new this.#bull.Worker<Entry<T>, void, string>(
      this.#name,
      (job, token) => this.#carryOut(job, token, process, abort),
      {
        connection: this.#client,
        concurrency,
        lockDuration: lock,
        stalledInterval: lock,
        maxStalledCount: MOST_DEATHS,
      },
    );
    worker.on('error', () => {}); // the client reports lost connections, `failed` the rest
    for (;;) {
      const status = await untilAborted(stop, this.status()).catch((error) => {
        if (!stop?.aborted) throw error;
      });
      if (!status || status.canceled || status.done + status.failed >= status.total) break;
      await sleep(POLL, undefined, { signal: stop }).catch(() => {});
    }
    // Jobs under way end first: the signal `abort` limits how long that takes.
    await worker.close();
    if (stop?.aborted) return [];
    const failed: FailedTask[] = [];
    for await (const task of this.failed()) failed.push(task);
    return failed;
  }

  async #carryOut(
    job: Job<Entry<T>>,
    token: string | undefined,
    process: Process<T>,
    abort: AbortSignal | undefined,
  ): Promise<void> {
    const { task, journal: before } = job.data;
    const journal = await Journal.begin(before, (state) =>
      job.updateData({ task, journal: state }),
    );
    try {
      await process(task, journal, abort);
      await this.#client.setbit(this.#key('done'), task.index, 1);
    } catch (error) {
      await journal.release();
      if (!abort?.aborted) throw error;
      await job.moveToWait(token);
      throw new this.#bull.WaitingError();
    }
  }

  async status(): Promise<QueueStatus> {
    const [counts, done, canceled] = await Promise.all([
      this.#counts(),
      this.#client.bitcount(this.#key('done')),
      this.#client.exists(this.#key('canceled')),
    ]);
    return { total: this.#options.total, done, ...counts, canceled: canceled === 1 };
  }

  async #counts() {
    const counts = await this.#queue.getJobCounts('wait', 'active', 'delayed', 'failed');
    const { wait: waiting, active, delayed, failed } = counts;
    return { waiting, active, delayed, failed };
  }

  /** The tasks that have failed, in no particular order. */
  async *failed(): AsyncGenerator<FailedTask> {
    for (let start = 0; ; start += BATCH) {
      const jobs = await this.#queue.getJobs('failed', start, start + BATCH - 1);
      for (const { data, failedReason } of jobs) {
        yield { index: data.task.index, reason: failedReason };
      }
      if (jobs.length < BATCH) return;
    }
  }

  /** Lets all failed tasks wait again, with all their attempts. @returns their number */
  async retry(): Promise<number> {
    let count = 0;
    for (;;) {
      const jobs = await this.#queue.getJobs('failed', 0, BATCH - 1);
      if (jobs.length === 0) return count;
      for (const job of jobs as Job[]) await job.retry('failed', { resetAttemptsMade: true });
      count += jobs.length;
    }
  }

  /** Removes all tasks, and ends the producer and the workers of the run. */
  async cancel(): Promise<void> {
    await this.#client.set(this.#key('canceled'), '1', 'EX', KEPT);
    await this.#queue.obliterate({ force: true });
  }

  async close(): Promise<void> {
    await this.#queue.close();
    this.#client.disconnect();
  }
}

const DEFAULT_LOCK = 30_000;
