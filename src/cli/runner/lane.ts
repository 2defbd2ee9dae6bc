/** One worker thread with a detector of its own; started again when it has died. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { type ErrorCode, RefineDetError } from '../../errors.ts';
import type { ImageFinding, ImageJob, RunnerSetup } from './runner.ts';

/** What a worker says: once when its detector is loaded, then once a job. */
export type WorkerReply =
  | { ready: true }
  | { finding: ImageFinding }
  | { error: { code: ErrorCode; message: string } };

export class Lane {
  readonly #entry: URL;
  readonly #setup: RunnerSetup;
  #worker: Worker | undefined;
  #closed = false;

  /** @param entry module that the worker runs */
  constructor(entry: URL, setup: RunnerSetup) {
    this.#entry = entry;
    this.#setup = setup;
  }

  /** @throws what loading the detector throws, UNEXPECTED when the worker dies of it */
  async start(): Promise<void> {
    const worker = new Worker(this.#entry, { workerData: this.#setup });
    this.#worker = worker;
    // Death is noticed by whoever waits for a reply; without a handler it would end the program.
    worker.on('error', () => {});
    worker.once('exit', () => {
      if (this.#worker === worker) this.#worker = undefined;
    });
    await this.#reply(worker, 'loaded the model');
  }

  /** One job at a time. */
  async run(job: ImageJob): Promise<ImageFinding> {
    if (!this.#worker && !this.#closed) await this.start();
    const worker = this.#worker;
    if (!worker) throw new RefineDetError('ABORTED', 'the workers have been stopped');
    worker.postMessage(job);
    const reply = await this.#reply(worker, `looked at ${job.file}`);
    return (reply as { finding: ImageFinding }).finding;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#worker?.terminate();
  }

  /** The worker's next message, or why there is none. */
  async #reply(worker: Worker, doing: string): Promise<WorkerReply> {
    const done = new AbortController();
    const { signal } = done;
    try {
      const [reply] = (await Promise.race([
        once(worker, 'message', { signal }), // rejects on 'error'
        once(worker, 'exit', { signal }).then(([code]) => {
          throw new Error(`exit code ${code}`);
        }),
      ])) as [WorkerReply];
      if ('error' in reply) throw new RefineDetError(reply.error.code, reply.error.message);
      return reply;
    } catch (error) {
      if (error instanceof RefineDetError) throw error;
      // Before its 'exit' arrives: the next job must not go to a dying worker.
      if (this.#worker === worker) this.#worker = undefined;
      throw this.#death(error, doing);
    } finally {
      done.abort();
    }
  }

  #death(cause: unknown, doing: string): RefineDetError {
    if (this.#closed) return new RefineDetError('ABORTED', `stopped while a worker ${doing}`);
    const reason = cause instanceof Error ? cause.message : String(cause);
    return new RefineDetError('UNEXPECTED', `a worker died while it ${doing}: ${reason}`, {
      cause,
    });
  }
}
