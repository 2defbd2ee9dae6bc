/**
 * What the threads of a team share: one task at a time, cut into parts. Every thread, the calling one
 * included, takes parts until none is left; the task is done when every part that was taken is
 * finished. So nobody waits for a thread that sleeps, starts slowly or has died before it took a part.
 */

/** Kernels that can be carried out part by part; their arguments end with from, to, scratch. */
export const PARALLEL_KERNELS = [
  'convolve',
  'winograd',
  'depthwise',
  'chain',
  'depthToSpace',
] as const;

export type ParallelKernel = (typeof PARALLEL_KERNELS)[number];

/** The kernels, bound to the memory that the threads share. */
export type PartKernels = Record<ParallelKernel, (...args: never[]) => void>;

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
/** Parts that nobody has taken; the only word that idle threads look at. */
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

/** Looks before a thread sleeps: about 50 µs, so that the next layer of a network finds it awake. */
const LOOKS = 20_000;

/** One thread's view of the shared block. */
export class Board {
  readonly #words: Int32Array;
  readonly #task: Float64Array;
  readonly #kernels: ((...args: number[]) => void)[];
  readonly #thread: number;
  /** Of one call, kept so that a part leaves no garbage. */
  readonly #args: number[] = [];

  /**
   * @param buffer BOARD_BYTES, zeros at first
   * @param thread number of this thread; 0 posts the tasks
   */
  constructor(buffer: SharedArrayBuffer, kernels: PartKernels, thread: number) {
    this.#words = new Int32Array(buffer, 0, TASK_BYTES / 4);
    this.#task = new Float64Array(buffer, TASK_BYTES);
    this.#kernels = PARALLEL_KERNELS.map((name) => kernels[name] as (...args: number[]) => void);
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

  /** Works for ever. */
  serve(): never {
    for (;;) {
      this.work();
      this.#rest();
    }
  }

  /**
   * Waits until the parts that other threads have taken are finished.
   * @param patience milliseconds without any progress before they are given up
   * @returns whether the task has been carried out
   */
  settle(patience: number): boolean {
    const words = this.#words;
    for (let looks = LOOKS; looks > 0; looks--) {
      if (Atomics.load(words, UNFINISHED) === 0) return words[FAILED] === 0;
    }
    let last = 0;
    let deadline = 0;
    for (;;) {
      const unfinished = Atomics.load(words, UNFINISHED);
      if (unfinished === 0) return Atomics.load(words, FAILED) === 0;
      if (unfinished !== last) deadline = performance.now() + patience;
      else if (performance.now() > deadline) return false;
      last = unfinished;
      pause(words, unfinished, patience);
    }
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
    for (let looks = LOOKS; looks > 0; looks--) {
      if (Atomics.load(words, UNTAKEN) > 0) return;
    }
    Atomics.add(words, SLEEPING, 1);
    Atomics.wait(words, UNTAKEN, 0);
    Atomics.sub(words, SLEEPING, 1);
  }
}

/** Sleeps until the last part is finished; where a page must not sleep, looks a few more times. */
function pause(words: Int32Array, unfinished: number, patience: number): void {
  try {
    Atomics.wait(words, UNFINISHED, unfinished, patience);
  } catch {
    for (let looks = LOOKS; looks > 0 && Atomics.load(words, UNFINISHED) === unfinished; looks--);
  }
}
