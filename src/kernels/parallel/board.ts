/**
 * What the threads of a team share: one task at a time, cut into parts. Every thread, the calling one
 * included, takes parts until none is left; the task is done when every part that was taken is
 * finished. So no thread waits for one that sleeps, starts slowly or has died before it took a part.
 */
import type { KernelExports } from '../generated/abi.ts';

/** Kernels that can be carried out part by part; their arguments end with from, to and mostly scratch. */
export const PARALLEL_KERNELS = [
  'convolve',
  'winograd',
  'depthwise',
  'chain',
  'depthToSpace',
] as const;

export type ParallelKernel = (typeof PARALLEL_KERNELS)[number];

/** The kernels, bound to the memory that the threads share. */
export type PartKernels = Pick<KernelExports, ParallelKernel>;

type PartArguments<K extends ParallelKernel> = K extends 'depthwise' | 'depthToSpace'
  ? [from: number, to: number]
  : [from: number, to: number, scratch: number];

/** Arguments before those of a part. */
export type TaskArguments<K extends ParallelKernel> = K extends ParallelKernel
  ? Parameters<KernelExports[K]> extends [...infer A extends number[], ...PartArguments<K>]
    ? Readonly<A>
    : never
  : never;

/** How a task has ended: carried out, failed in some part, or with a thread that holds a part for too long. */
export type Outcome = 'done' | 'failed' | 'late';

export interface Task {
  kernel: ParallelKernel;
  /** What comes before from, to and scratch; at most {@link MAX_ARGUMENTS}. */
  args: readonly number[];
  /** Items (rows, panels) in all, and in one part. */
  total: number;
  step: number;
  /** Address of scratch memory for the first thread, bytes from one thread's to the next. */
  scratch: number;
  scratchBytes: number;
}

// Words that threads wait for or count with, on cache lines of their own.
/** Parts that are not taken; the only word that idle threads read. */
const UNTAKEN = 0;
/** Parts that are not finished. */
const UNFINISHED = 16;
const SLEEPING = 17;
/** Whether a part could not be carried out. */
const FAILED = 18;
/** Then the task as doubles, written only while no part can be taken. */
const TASK_BYTES = 128;
const TASK_HEADER = 6;
const MAX_ARGUMENTS = 10;
export const BOARD_BYTES = TASK_BYTES + 8 * (TASK_HEADER + MAX_ARGUMENTS);

/** Checks before a thread sleeps: about 50 µs, so that the next layer of a network finds it awake. */
const CHECKS = 20_000;

/**
 * Milliseconds of one wait. A longer one counts as one of this length: then the whole process was
 * stopped, and the other threads with it.
 */
const WAIT = 100;

/** One thread's view of the shared block. */
export class Board {
  readonly #words: Int32Array;
  readonly #task: Float64Array;
  readonly #kernels: ((...args: number[]) => void)[];
  readonly #thread: number;
  /** Arguments of one call, kept so that a part leaves no garbage. */
  readonly #args: number[] = [];

  /**
   * @param buffer BOARD_BYTES, zeros at first
   * @param thread number of this thread; 0 posts the tasks
   */
  constructor(buffer: SharedArrayBuffer, kernels: PartKernels, thread: number) {
    this.#words = new Int32Array(buffer, 0, TASK_BYTES / 4);
    this.#task = new Float64Array(buffer, TASK_BYTES);
    this.#kernels = PARALLEL_KERNELS.map((name) => kernels[name]);
    this.#thread = thread;
  }

  /** Offers a task to all threads. The one before must be done. */
  post({ kernel, args, total, step, scratch, scratchBytes }: Task): void {
    const head = [
      PARALLEL_KERNELS.indexOf(kernel),
      args.length,
      total,
      step,
      scratch,
      scratchBytes,
    ];
    this.#task.set(head);
    this.#task.set(args, TASK_HEADER);
    const words = this.#words;
    const parts = Math.ceil(total / step);
    words[FAILED] = 0;
    Atomics.store(words, UNFINISHED, parts);
    Atomics.store(words, UNTAKEN, parts);
    if (Atomics.load(words, SLEEPING) > 0) Atomics.notify(words, UNTAKEN);
  }

  /** Takes and carries out parts until none is left. */
  work(): void {
    const words = this.#words;
    for (let part = this.#take(); part >= 0; part = this.#take()) {
      try {
        this.#carryOut(part);
      } catch {
        Atomics.store(words, FAILED, 1);
      }
      if (Atomics.sub(words, UNFINISHED, 1) === 1) Atomics.notify(words, UNFINISHED);
    }
  }

  /** Works until the thread is ended. */
  serve(): never {
    for (;;) {
      this.work();
      this.#rest();
    }
  }

  /**
   * Waits until the parts that other threads have taken are finished.
   * @param patience milliseconds without any progress, while this process runs, before they are
   *   given up
   */
  settle(patience: number): Outcome {
    const words = this.#words;
    for (let checks = CHECKS; checks > 0; checks--) {
      if (Atomics.load(words, UNFINISHED) === 0) return this.#finished();
    }
    let last = 0;
    let left = patience;
    let before = performance.now();
    for (;;) {
      const unfinished = Atomics.load(words, UNFINISHED);
      if (unfinished === 0) return this.#finished();
      if (unfinished !== last) left = patience;
      else if (left <= 0) return 'late';
      last = unfinished;
      pause(words, unfinished);
      const now = performance.now();
      left -= Math.min(now - before, WAIT);
      before = now;
    }
  }

  #finished(): Outcome {
    return Atomics.load(this.#words, FAILED) === 0 ? 'done' : 'failed';
  }

  /** Number of a part, or -1. */
  #take(): number {
    const words = this.#words;
    for (;;) {
      const left = Atomics.load(words, UNTAKEN);
      if (left === 0) return -1;
      if (Atomics.compareExchange(words, UNTAKEN, left, left - 1) === left) return left - 1;
    }
  }

  /** The task stays what it is until this part is finished. */
  #carryOut(part: number): void {
    const [kernel, count, total, step, scratch, scratchBytes] = this.#task;
    const args = this.#args;
    args.length = count;
    for (let i = 0; i < count; i++) args[i] = this.#task[TASK_HEADER + i];
    const from = part * step;
    const to = Math.min(from + step, total);
    this.#kernels[kernel](...args, from, to, scratch + this.#thread * scratchBytes);
  }

  #rest(): void {
    const words = this.#words;
    for (let checks = CHECKS; checks > 0; checks--) {
      if (Atomics.load(words, UNTAKEN) > 0) return;
    }
    Atomics.add(words, SLEEPING, 1);
    Atomics.wait(words, UNTAKEN, 0);
    Atomics.sub(words, SLEEPING, 1);
  }
}

/** Sleeps until the last part is finished; where a page must not sleep, checks a few more times. */
function pause(words: Int32Array, unfinished: number): void {
  try {
    Atomics.wait(words, UNFINISHED, unfinished, WAIT);
  } catch {
    for (let n = CHECKS; n > 0 && Atomics.load(words, UNFINISHED) === unfinished; n--);
  }
}
