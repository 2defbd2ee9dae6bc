/** The queue without a server: tasks of this process. */
import { setTimeout as sleep } from 'node:timers/promises';
import { RefineDetError } from '../errors.ts';
import { Journal, type JournalState, type SaveJournal } from './journal.ts';
import { PassingError } from './storage/retry-request.ts';
import type { Storage } from './storage/storage.ts';
import {
  ATTEMPTS,
  type FailedTask,
  FIRST_PAUSE,
  type Process,
  type Task,
  type TaskQueue,
  type WorkOptions,
} from './task-queue.ts';

export class EmbeddedQueue<T extends Task> implements TaskQueue<T> {
  readonly #tasks: AsyncIterable<T>;
  readonly #storage: Storage;
  readonly #notesOf: (index: number) => string;

  /** @param notesOf returns the URI for the journal of a task */
  constructor(tasks: AsyncIterable<T>, storage: Storage, notesOf: (index: number) => string) {
    this.#tasks = tasks;
    this.#storage = storage;
    this.#notesOf = notesOf;
  }

  async work(
    process: Process<T>,
    { concurrency, stop, abort }: WorkOptions,
  ): Promise<FailedTask[]> {
    const failed: FailedTask[] = [];
    // All share one iterator, which serves their calls one after another.
    const tasks = this.#tasks[Symbol.asyncIterator]();
    let fatal: { error: unknown } | undefined;
    const work = async () => {
      while (!stop?.aborted && !fatal) {
        const { done, value: task } = await tasks.next();
        if (done) return;
        try {
          await this.#carryOut(task, process, stop, abort);
        } catch (error) {
          if (abort?.aborted) return;
          if (isFatal(error)) fatal = { error };
          failed.push({ index: task.index, reason: (error as Error).message });
        }
      }
    };
    await Promise.all(Array.from({ length: concurrency }, work));
    if (fatal) throw fatal.error;
    return failed.sort((a, b) => a.index - b.index);
  }

  async #carryOut(
    task: T,
    process: Process<T>,
    stop: AbortSignal | undefined,
    abort: AbortSignal | undefined,
  ): Promise<void> {
    const notes = this.#notesOf(task.index);
    const save: SaveJournal = async (state) => {
      try {
        const text = JSON.stringify(state);
        if (state) await this.#storage.write(notes, Buffer.from(text), { isNote: true });
        else await this.#storage.remove(notes);
      } catch (error) {
        // Notes only help to find a deadly image: no shard fails for want of them.
        if (!(error instanceof PassingError)) throw error;
      }
    };
    for (let attempt = 1; ; attempt++) {
      const journal = await Journal.begin(await this.#read(notes), save);
      try {
        await process(task, journal, abort);
        await journal.end();
        return;
      } catch (error) {
        await journal.release();
        const isLast = attempt === ATTEMPTS || isFatal(error);
        if (isLast || stop?.aborted || abort?.aborted) throw error;
        await sleep(FIRST_PAUSE * 2 ** (attempt - 1), undefined, { signal: stop }).catch(() => {});
      }
    }
  }

  async #read(notes: string): Promise<JournalState | undefined> {
    try {
      const bytes = await this.#storage.find(notes);
      return bytes && JSON.parse(Buffer.from(bytes).toString());
    } catch {
      return undefined; // cut off by a death, or out of reach: one start less is counted
    }
  }
}

/** A full disk, a place without permission or missing keys of a store fail all tasks alike. */
function isFatal(error: unknown): boolean {
  if (!(error instanceof RefineDetError) || error instanceof PassingError) return false;
  return error.code === 'FILE_WRITE' || error.code === 'USAGE';
}
