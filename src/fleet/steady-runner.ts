/** A runner for days: when all workers of its pool have given up, another pool takes its place. */
import { RefineDetError } from '../errors.ts';
import type { DetectorPool } from '../pool/detector-pool.ts';
import type { Runner } from '../runner/runner.ts';

/** Loads the model and starts the workers. */
export type StartRunner = () => Promise<Pick<Runner, 'detector' | 'run'>>;

export class SteadyRunner implements Pick<Runner, 'run'> {
  readonly #start: StartRunner;
  #runner: ReturnType<StartRunner>;

  private constructor(start: StartRunner) {
    this.#start = start;
    this.#runner = start();
  }

  /** @throws the errors of loading a model and starting workers */
  static async start(start: StartRunner): Promise<SteadyRunner> {
    const steady = new SteadyRunner(start);
    await steady.#runner;
    return steady;
  }

  run: Runner['run'] = async (job, signal) => {
    const current = this.#runner;
    const { run, detector } = await current;
    try {
      return await run(job, signal);
    } catch (error) {
      const isCrash = error instanceof RefineDetError && error.code === 'WORKER_CRASHED';
      const isDead = isCrash && (detector as DetectorPool).isAlive === false;
      if (isDead && this.#runner === current) this.#runner = this.#start();
      throw error;
    }
  };

  /** Bytes of wasm memory of all workers. */
  async heapBytes(): Promise<number> {
    return (await this.#runner).detector.heapBytes;
  }

  async dispose(): Promise<void> {
    const { detector } = await this.#runner;
    await detector.dispose();
  }
}
