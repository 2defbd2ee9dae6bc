/** Tasks that are carried out at least once: in this process, or by any number of machines. */
import type { Journal } from './journal.ts';

/** Plain data. */
export interface Task {
  /** Number of the task in its run, from 0. */
  index: number;
}

/** Carries out a task; doing it twice does no harm. */
export type Process<T> = (task: T, journal: Journal, abort?: AbortSignal) => Promise<void>;

/** A task that has failed. */
export interface FailedTask {
  index: number;
  reason: string;
}

export interface WorkOptions {
  /** Tasks under way. */
  concurrency: number;
  /** No new task begins after it fires. */
  stop?: AbortSignal;
  /** Tasks under way are given up after it fires. */
  abort?: AbortSignal;
}

export interface TaskQueue<T extends Task> {
  /**
   * Works until nothing is left or a signal fires. A failed task is tried again three times, with
   * growing pauses; the others continue.
   * @returns the tasks that have failed
   */
  work(process: Process<T>, options: WorkOptions): Promise<FailedTask[]>;
}

/** Attempts at a task in all. */
export const ATTEMPTS = 4;
/** Milliseconds before the second attempt; each later pause is twice as long. */
export const FIRST_PAUSE = 1000;

/** Two signals of an end: the first lets tasks finish, the second comes when the grace has passed. */
export function gracefulEnd(stop: AbortSignal | undefined, grace: number) {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const begin = () => {
    timer = setTimeout(() => controller.abort(), grace);
  };
  if (stop?.aborted) begin();
  else stop?.addEventListener('abort', begin);
  return {
    stop,
    abort: controller.signal,
    clear() {
      clearTimeout(timer);
      stop?.removeEventListener('abort', begin);
    },
  };
}
