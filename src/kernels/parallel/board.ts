/**
 * Shared state of the threads of a team: one task at a time, cut into parts. Every thread, including the
 * calling one, takes parts until none is left; the task is done when all taken parts are finished. So no
 * thread waits for a thread that sleeps, starts slowly or died before it took a part.
 */
import type { KernelExports } from '../generated/abi.ts';

/** Kernels that can run part by part; their arguments end with from, to and mostly scratch. */
export const PARALLEL_KERNELS = [
  'convolve',
  'winograd',
  'depthwise',
  'chain',
  'depthToSpace',
  'convolveBytes',
  'depthwiseBytes',
] as const;

export type ParallelKernel = (typeof PARALLEL_KERNELS)[number];

/** The kernels, bound to the shared memory of the threads. */
export type PartKernels = Pick<KernelExports, ParallelKernel>;

type PartArguments<K extends ParallelKernel> = K extends
  | 'depthwise'
  | 'depthToSpace'
  | 'depthwiseBytes'
  ? [from: number, to: number]
  : [from: number, to: number, scratch: number];

/** Arguments before those of a part. */
export type TaskArguments<K extends ParallelKernel> = K extends ParallelKernel
  ? Parameters<KernelExports[K]> extends [...infer A extends number[], ...PartArguments<K>]
    ? Readonly<A>
    : never
  : never;

/** Result of a task: complete, failed in some part, or late because a thread holds a part for too long. */
export type Outcome = 'done' | 'failed' | 'late';

export interface Task {
  kernel: ParallelKernel;
  /** Arguments before from, to and scratch; at most {@link MAX_ARGUMENTS}. */
  args: readonly number[];
  /** Number of items (rows, panels) in total, and in one part. */
  total: number;
  step: number;
  /** Address of scratch memory for the first thread, and bytes from one thread's memory to the next. */
  scratch: number;
  scratchBytes: number;
}

// Words that threads wait for or count with, each on its own cache line.
/** Number of parts that are not taken; the only word that idle threads read. */
const UNTAKEN = 0;
/** Number of parts that are not finished. */
const UNFINISHED = 16;
const SLEEPING = 17;
/** Whether a part has failed. */
const FAILED = 18;
/** Offset of the task as doubles, written only while no part can be taken. */
const TASK_BYTES = 128;
const TASK_HEADER = 6;
const MAX_ARGUMENTS = 10;
export const BOARD_BYTES = TASK_BYTES + 8 * (TASK_HEADER + MAX_ARGUMENTS);

/** Checks before a thread sleeps: about 50 µs, so that it is still awake for the next layer of a network. */
const CHECKS = 20_000;

/**
 * Milliseconds of one wait. A longer wait counts as one of this length, because then the whole process
 * was stopped, including the other threads.
 */
const WAIT = 100;

/** View of one thread on the shared block. */
export class Board {
  readonly #words: Int32Array;
  readonly #task: Float64Array;
  readonly #kernels: ((...args: number[]) => void)[];
  readonly #thread: number;
  /** Arguments of one call, reused so that a part allocates nothing. */
  readonly #args: number[] = [];

  /**
   * @param buffer memory of BOARD_BYTES, initially zeros
   * @param thread number of this thread; 0 posts the tasks
   */
  constructor(buffer: SharedArrayBuffer, kernels: PartKernels, thread: number) {
    this.#words = new Int32Array(buffer, 0, TASK_BYTES / 4);
    this.#task = new Float64Array(buffer, TASK_BYTES);
    this.#kernels = PARALLEL_KERNELS.map((name) => kernels[name]);
    this.#thread = thread;
  }

  /** Offers a task to all threads. The previous task must be done. */
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

  /** Takes and runs parts until none is left. */
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
   * @param patience milliseconds without any progress, while this process runs, after which it gives up
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

  /** Takes a part and returns its number, or -1 when none is left. */
  #take(): number {
    const words = this.#words;
    for (;;) {
      const left = Atomics.load(words, UNTAKEN);
      if (left === 0) return -1;
      if (Atomics.compareExchange(words, UNTAKEN, left, left - 1) === left) return left - 1;
    }
  }

  /** Runs a part; the task does not change until the part is finished. */
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

/** Sleeps until the last part is finished; where sleep is not allowed (pages), checks a few more times. */
function pause(words: Int32Array, unfinished: number): void {
  try {
    Atomics.wait(words, UNFINISHED, unfinished, WAIT);
  } catch {
    for (let n = CHECKS; n > 0 && Atomics.load(words, UNFINISHED) === unfinished; n--);
  }
}
