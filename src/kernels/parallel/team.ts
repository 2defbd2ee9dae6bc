/** Threads that run a kernel together, on the memory that tensors and kernels share. */
import { startThread } from '#platform';
import { unpack } from '../../embedded.ts';
import type { Thread } from '../../platform/platform.ts';
import { startOnce } from '../../start-once.ts';
import { compileKernels, type Kernels } from '../module.ts';
import { BOARD_BYTES, Board, type Task } from './board.ts';
import type { TeamWorkerStart } from './team-worker.ts';

export interface TeamOptions {
  /** Number of threads, including the calling one; at least 2. */
  threads: number;
  /** Receives one sentence when the team breaks up. */
  warn: (message: string) => void;
  /** Milliseconds to wait for threads that make no progress. Default 10,000. */
  patience?: number;
}

/** Far longer than any part takes, even when many programs share few processors. */
const PATIENCE = 10_000;

/**
 * A thread still holds a part of an abandoned task. It may wake at any later time and read and write the
 * memory of the task: nobody may use that memory again. The board is never written again either.
 */
export class LateThread extends Error {}

/**
 * The calling thread and its workers. The first task does not wait for the start of the workers. When a
 * worker is lost, the calling thread continues alone.
 */
export class Team {
  readonly #board: Board;
  readonly #workers: Thread[];
  readonly #warn: (message: string) => void;
  readonly #patience: number;
  #threads: number;

  /** @param kernels kernels on shared memory */
  static async start(kernels: Kernels, options: TeamOptions): Promise<Team> {
    const [module, script] = await Promise.all([compileKernels(kernels.heap), workerScript()]);
    return new Team(kernels, module, script, options);
  }

  private constructor(
    kernels: Kernels,
    module: WebAssembly.Module,
    script: string,
    { threads, warn, patience = PATIENCE }: TeamOptions,
  ) {
    const board = new SharedArrayBuffer(BOARD_BYTES);
    this.#board = new Board(board, kernels, 0);
    this.#warn = warn;
    this.#patience = patience;
    this.#threads = threads;
    this.#workers = Array.from({ length: threads - 1 }, (_, i) => {
      const worker = startThread(script, (reason) => this.#breakUp(`a thread has died: ${reason}`));
      const { memory } = kernels.heap;
      worker.postMessage({ module, memory, board, thread: i + 1 } satisfies TeamWorkerStart);
      return worker;
    });
  }

  /** Number of threads that work on tasks; 1 after the team has broken up. */
  get threads(): number {
    return this.#threads;
  }

  /**
   * Runs a task; several threads run its parts in any order and at the same time.
   * @returns whether the task is complete; if not, the team has broken up and the caller must run the
   *   whole task alone
   * @throws LateThread when the team breaks up but a thread may still write
   */
  run(task: Task): boolean {
    if (this.#threads === 1) return false;
    this.#board.post(task);
    this.#board.work();
    const outcome = this.#board.settle(this.#patience);
    if (outcome === 'done') return true;
    this.#breakUp('a thread did not finish its part of a layer');
    if (outcome === 'late') throw new LateThread();
    return false;
  }

  /** Ends the workers. */
  dispose(): void {
    this.#threads = 1;
    for (const worker of this.#workers.splice(0)) worker.terminate();
  }

  #breakUp(reason: string): void {
    if (this.#threads === 1) return;
    this.dispose();
    this.#warn(`refinedet computes layers on one thread from now on: ${reason}`);
  }
}

const workerScript = startOnce(async () => {
  const { default: text } = await import('../generated/team-worker.ts');
  return new TextDecoder().decode(await unpack(text));
});
