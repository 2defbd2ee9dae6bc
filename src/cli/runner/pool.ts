/** Spreads images over workers; a worker that dies costs the image it had, nothing else. */
import type { Model } from '../../model/model.ts';
import { Lane } from './lane.ts';
import type { ImageFinding, ImageJob, Runner, RunnerSetup } from './runner.ts';

/** As source beside sources, compiled beside compiled modules. */
const WORKER = new URL(import.meta.url.replace(/pool(\.[jt]s)$/, 'worker$1'));

export class WorkerPool implements Runner {
  readonly #lanes: Lane[];
  readonly #idle: Lane[];
  readonly #waiting: ((lane: Lane) => void)[] = [];

  private constructor(lanes: Lane[]) {
    this.#lanes = lanes;
    this.#idle = [...lanes];
  }

  /**
   * Starts the workers and waits until all have loaded their detector.
   * @param worker module that the workers run
   * @throws what loading throws
   */
  static async start(setup: RunnerSetup, size: number, worker = WORKER): Promise<WorkerPool> {
    const common = { ...setup, model: sharedModel(setup.model) };
    const pool = new WorkerPool(Array.from({ length: size }, () => new Lane(worker, common)));
    try {
      await Promise.all(pool.#lanes.map((lane) => lane.start()));
    } catch (error) {
      await pool.close();
      throw error;
    }
    return pool;
  }

  get lanes(): number {
    return this.#lanes.length;
  }

  async run(job: ImageJob): Promise<ImageFinding> {
    const lane = this.#idle.pop() ?? (await new Promise<Lane>((next) => this.#waiting.push(next)));
    try {
      return await lane.run(job);
    } finally {
      const next = this.#waiting.shift();
      if (next) next(lane);
      else this.#idle.push(lane);
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#lanes.map((lane) => lane.close()));
  }
}

/** The same model with its weights in memory that threads share instead of each getting a copy. */
function sharedModel(model: Model): Model {
  const weights: Model['weights'] = new Map();
  for (const [name, { shape, data }] of model.weights) {
    const copy = new Float32Array(new SharedArrayBuffer(data.byteLength));
    copy.set(data);
    weights.set(name, { shape, data: copy });
  }
  return { ...model, weights };
}
