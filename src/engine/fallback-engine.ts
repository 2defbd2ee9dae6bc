/** A GPU engine that continues on wasm when the GPU is lost. */
import type * as tf from '@tensorflow/tfjs-core';
import { ContextLost } from '../backend/tfjs.ts';
import type { Size } from '../detection/views.ts';
import type { HeadMap } from '../heads.ts';
import type { RawDetections } from '../kernels/postprocess.ts';
import { startOnce } from '../start-once.ts';
import type { Engine } from './engine.ts';

export class FallbackEngine implements Engine {
  readonly capacity: number;
  #engine: Engine;
  readonly #replace: (reason: string) => Promise<Engine>;

  /** @param replace starts the engine that takes over */
  constructor(engine: Engine, replace: (reason: string) => Promise<Engine>) {
    this.capacity = engine.capacity;
    this.#engine = engine;
    // When several frames fail at once, the first one replaces the engine.
    this.#replace = startOnce(async (reason) => {
      const replacement = await replace(reason);
      this.#engine.dispose();
      this.#engine = replacement;
      return replacement;
    });
  }

  get backend() {
    return this.#engine.backend;
  }

  get compute() {
    return this.#engine.compute;
  }

  get threads() {
    return this.#engine.threads;
  }

  get kernels() {
    return this.#engine.kernels;
  }

  run(...view: Parameters<Engine['run']>): Promise<RawDetections> {
    return this.#attempt((engine) => engine.run(...view));
  }

  forward(input: tf.Tensor4D): HeadMap<tf.Tensor3D> {
    return this.#engine.forward(input);
  }

  warmUp(size: Size): Promise<void> {
    return this.#attempt((engine) => engine.warmUp(size));
  }

  dispose(): void {
    this.#engine.dispose();
  }

  async #attempt<T>(job: (engine: Engine) => Promise<T>): Promise<T> {
    const engine = this.#engine;
    try {
      return await job(engine);
    } catch (error) {
      if (!(error instanceof ContextLost)) throw error;
      return job(await this.#replace(error.message));
    }
  }
}
