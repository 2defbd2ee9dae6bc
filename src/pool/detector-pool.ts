/** A detector whose networks run in workers. */
import type { Detection } from '../boxes.ts';
import { mapConcurrently } from '../concurrency.ts';
import {
  type BatchOptions,
  type BatchResult,
  type DetectOptions,
  type ReturnErrors,
  resolveBatchOptions,
  resolveDetectOptions,
  type ThrowErrors,
} from '../detection/detect-options.ts';
import type { ImageSource } from '../detection/image-source.ts';
import { Queue } from '../detection/queue.ts';
import type { Detector } from '../detector-contract.ts';
import type { BackendName, Compute } from '../engine/engine.ts';
import { anchorsOf } from '../engine/model-anchors.ts';
import { RefineDetError, throwIfAborted } from '../errors.ts';
import { untilAborted } from '../interruption.ts';
import type { InputSize } from '../model/input-size.ts';
import type { Architecture, ModelConfig } from '../model/model.ts';
import { show } from '../option-checks.ts';
import { WorkerDeath } from '../remote/channel.ts';
import type { StreamSource } from '../stream/read-frames.ts';
import { detectStream, type StreamOptions, type StreamResult } from '../stream/stream.ts';
import { type Parcel, packImage } from './pack-image.ts';
import type { Detected, WorkerState } from './pool-messages.ts';
import { PoolWorker, type WorkerSetup } from './pool-worker.ts';

/**
 * Workers with one detector each, used like a single detector; see `createPool`. The pool packs at most
 * one image more than it has workers, so memory does not depend on the number of waiting images. When a
 * worker crashes, its image fails with WORKER_CRASHED and another worker takes its place.
 */
export class DetectorPool implements Detector {
  readonly #workers: readonly PoolWorker[];
  /** Limits the requests that are packed or running. */
  readonly #turns: Queue;
  /** Wakes requests that wait for a worker. */
  readonly #waiting: (() => void)[] = [];
  #architecture!: Architecture;

  private constructor(size: number, setup: WorkerSetup) {
    const wake = () => {
      for (const go of this.#waiting.splice(0)) go();
    };
    this.#workers = Array.from({ length: size }, () => new PoolWorker(setup, wake));
    this.#turns = new Queue(this.concurrency);
  }

  /**
   * Starts the workers and waits until all have loaded the model.
   * @internal
   */
  static async start(
    size: number,
    setup: WorkerSetup,
    signal: AbortSignal | undefined,
  ): Promise<DetectorPool> {
    const pool = new DetectorPool(size, setup);
    const start = (worker: PoolWorker) => worker.start(signal);
    const startAll = async () => {
      const [first, ...others] = pool.#workers;
      const ready = start(first);
      // One worker downloads the model, the others find it in the browser's cache.
      if (typeof setup.request.source === 'string') await ready;
      await Promise.all([ready, ...others.map(start)]);
      pool.#architecture = await ready;
    };
    try {
      await untilAborted(signal, startAll());
    } catch (error) {
      const closed = pool.#close(error as RefineDetError);
      if (!signal?.aborted) await closed; // an abort does not wait
      throw error;
    }
    return pool;
  }

  get config(): ModelConfig {
    return this.#architecture.config;
  }

  get classes(): readonly string[] {
    return this.config.classes;
  }

  get backend(): BackendName {
    return this.#first.backend;
  }

  get compute(): Compute {
    return this.#first.compute;
  }

  get #first(): WorkerState {
    return (this.#workers.find(({ isReady }) => isReady) ?? this.#workers[0]).state!;
  }

  get threads(): number {
    return this.#sum(({ threads }) => threads);
  }

  /**
   * Whether a worker is left; without one, all calls fail.
   * @internal
   */
  get isAlive(): boolean {
    return this.#workers.some(({ end }) => !end);
  }

  get heapBytes(): number {
    return this.#sum(({ heapBytes }) => heapBytes);
  }

  get concurrency(): number {
    return this.#workers.length + 1;
  }

  detect(image: ImageSource, options: DetectOptions = {}): Promise<Detection[]> {
    return this.#detect(image, options, false);
  }

  detectBatch(images: readonly ImageSource[], options: ReturnErrors): Promise<BatchResult[]>;
  detectBatch(images: readonly ImageSource[], options?: ThrowErrors): Promise<Detection[][]>;
  async detectBatch(
    images: readonly ImageSource[],
    given: BatchOptions = {},
  ): Promise<BatchResult[]> {
    this.#assertAlive();
    if (!Array.isArray(images)) {
      throw new RefineDetError('INVALID_ARGUMENT', `images must be a list, not ${show(images)}`);
    }
    const { options, failed } = resolveBatchOptions(given);
    resolveDetectOptions(options, this.config);
    const detect = (image: ImageSource) => this.detect(image, options).catch(failed);
    return mapConcurrently<ImageSource, BatchResult>(images, detect, this.concurrency);
  }

  stream(
    source: StreamSource,
    options?: StreamOptions,
  ): AsyncGenerator<StreamResult, void, undefined> {
    this.#assertAlive();
    const detectFrame = async (frame: ImageSource, settings: DetectOptions) => {
      try {
        return await this.#detect(frame, settings, true);
      } catch (error) {
        if (!(error instanceof WorkerDeath)) throw error;
        this.#assertAlive();
        return undefined; // the other workers continue, and another one starts
      }
    };
    return detectStream({ limit: this.concurrency, detectFrame }, source, options);
  }

  anchors(inputSize?: InputSize): Float32Array {
    return anchorsOf(this.#architecture, inputSize);
  }

  /**
   * Ends the workers at once; running detections and later calls fail with DISPOSED.
   * @returns resolves when the workers have ended
   */
  dispose(): Promise<void> {
    return this.#close(new RefineDetError('DISPOSED', 'the detector has been disposed'));
  }

  [Symbol.dispose](): void {
    void this.dispose();
  }

  /**
   * Calls a method of the first worker that is free.
   * @internal
   * @param pack makes the request when a worker is about to take it
   */
  async call<T>(
    method: string,
    pack: () => Parcel | Promise<Parcel>,
    signal?: AbortSignal,
  ): Promise<T> {
    const send = async () => {
      this.#assertAlive();
      throwIfAborted(signal);
      const { argument, transfer } = await pack();
      try {
        for (;;) {
          this.#assertAlive();
          throwIfAborted(signal);
          const free = this.#workers.find(({ isFree }) => isFree);
          if (free) return await free.call<T>(method, argument, { transfer, signal });
          await untilAborted(signal, new Promise<void>((wake) => this.#waiting.push(wake)));
        }
      } finally {
        // Closes bitmaps that were not sent; sent ones are already closed.
        for (const item of transfer) if ('close' in item) item.close();
      }
    };
    return untilAborted(signal, this.#turns.run(send, signal));
  }

  async #detect(image: ImageSource, given: DetectOptions, isOwned: boolean): Promise<Detection[]> {
    this.#assertAlive();
    resolveDetectOptions(given, this.config); // wrong options fail before anything is sent
    const { signal, onTimings, ...options } = given;
    const pack = async () => packImage(image, options, isOwned);
    const { detections, timings } = await this.call<Detected>('detect', pack, signal);
    onTimings?.(timings);
    return detections;
  }

  async #close(error: RefineDetError): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.close(error)));
  }

  /** @throws DISPOSED, or WORKER_CRASHED when no worker is left */
  #assertAlive(): void {
    if (!this.isAlive) throw this.#workers[0].end;
  }

  /** Sums a count over the workers that run. */
  #sum(count: (state: WorkerState) => number): number {
    const running = this.#workers.filter(({ isReady }) => isReady);
    return running.reduce((sum, { state }) => sum + count(state!), 0);
  }
}
