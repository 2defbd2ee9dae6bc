/** The detector: load a model, detect, dispose. */
import type * as tf from '@tensorflow/tfjs-core';
import { type Threads, type WasmRuntime, wasmRuntime } from './backend/wasm.ts';
import type { Detection } from './boxes.ts';
import { type ImageSource, toRawImage } from './detection/images.ts';
import { loadModel, type ModelSource } from './detection/load-model.ts';
import { mergeViews, toDetections, viewToImage } from './detection/merge.ts';
import { type DetectOptions, resolveDetectOptions } from './detection/options.ts';
import { Session } from './detection/session.ts';
import { INPUT_MULTIPLE, type Size } from './detection/views.ts';
import { RefineDetError, throwIfAborted } from './errors.ts';
import type { RawDetections } from './kernels/postprocess.ts';
import type { Model, ModelConfig } from './model/model.ts';
import type { Heads } from './model/run.ts';
import { type ModelSummary, summarize } from './model/summary.ts';

export interface LoadOptions {
  /** Threads of the wasm backend; the first load of a process decides. Default `auto`. */
  threads?: Threads;
  /** Network input instead of the model's: a side or `{ width, height }`, multiples of 64. */
  inputSize?: number | Size;
  /** Run the network once inside `load`; default true. */
  warmUp?: boolean;
  /** Cancels loading. */
  signal?: AbortSignal;
  /** Receives one-sentence warnings; default `console.warn`. */
  warn?: (message: string) => void;
}

export class RefineDet {
  /** What the model is: preset, input size, classes, normalisation, provenance. */
  readonly config: ModelConfig;
  /** Threads in use. */
  readonly threads: number;
  readonly #model: Model;
  readonly #session: Session;
  readonly #runtime: WasmRuntime;
  #disposed = false;
  /** Detections run one after another, in the order of the calls. */
  #queue: Promise<unknown> = Promise.resolve();

  private constructor(model: Model, runtime: WasmRuntime) {
    this.#model = model;
    this.#runtime = runtime;
    this.config = model.config;
    this.threads = runtime.threads;
    this.#session = new Session(runtime, model);
  }

  /**
   * Loads a model and starts the wasm backend.
   * @param source path, URL, bytes of a model file, or a model in memory; default: the model that
   *   comes with the package
   * @throws NO_DEFAULT_MODEL, FILE_NOT_FOUND, FETCH_FAILED, MODEL_*, INVALID_OPTION,
   *   BACKEND_UNAVAILABLE, ABORTED
   */
  static async load(source?: ModelSource, options: LoadOptions = {}): Promise<RefineDet> {
    const { signal } = options;
    throwIfAborted(signal);
    const model = withInputSize(await loadModel(source, signal), options.inputSize);
    throwIfAborted(signal);
    const detector = new RefineDet(model, await wasmRuntime(options.threads, options.warn));
    if (options.warmUp ?? true) detector.#session.warmUp(detector.#inputSize);
    return detector;
  }

  /** Class names; `Detection.classId` is the index. */
  get classes(): readonly string[] {
    return this.config.classes;
  }

  /**
   * Objects in one picture, best first.
   * @throws IMAGE_*, FILE_NOT_FOUND, FETCH_FAILED, INVALID_OPTION, INVALID_ARGUMENT, UNKNOWN_CLASS,
   *   ABORTED, DISPOSED
   */
  async detect(image: ImageSource, options: DetectOptions = {}): Promise<Detection[]> {
    this.#assertUsable();
    const resolved = resolveDetectOptions(options, this.classes);
    throwIfAborted(resolved.signal);
    const pixels = await toRawImage(image, resolved);
    return this.#exclusive(async () => {
      const found: RawDetections[] = [];
      for (const view of resolved.views(pixels, this.#inputSize)) {
        // Between views the event loop runs, so that an abort or dispose can arrive.
        if (found.length > 0) await nextTask();
        throwIfAborted(resolved.signal);
        this.#assertUsable();
        found.push(
          viewToImage(this.#session.run(pixels, view, resolved.postprocess), view, pixels),
        );
      }
      const merged = mergeViews(this.#runtime.kernels, found, this.classes.length, resolved.merge);
      return toDetections(merged, pixels, this.classes, resolved.maxDetections);
    });
  }

  /** Objects in several pictures, in their order. The first failure rejects. */
  async detectBatch(
    images: readonly ImageSource[],
    options: DetectOptions = {},
  ): Promise<Detection[][]> {
    const results: Detection[][] = [];
    let next = images.length > 0 ? toRawImage(images[0], options) : undefined;
    for (let i = 0; i < images.length; i++) {
      const pixels = await next!;
      // Reading and decoding the next picture overlaps with detecting in this one.
      next = i + 1 < images.length ? toRawImage(images[i + 1], options) : undefined;
      next?.catch(() => {});
      results.push(await this.detect(pixels, options));
    }
    return results;
  }

  /**
   * Raw network outputs; the caller disposes input and outputs.
   * @param input [B, height, width, 3], normalised as `config` says; sides are multiples of 64
   */
  forward(input: tf.Tensor4D): Heads {
    this.#assertUsable();
    const [, height, width, channels] = input.shape;
    checkInputSize({ width, height });
    if (channels !== 3) {
      throw new RefineDetError('INVALID_ARGUMENT', `the input needs 3 channels, not ${channels}`);
    }
    return this.#session.forward(input);
  }

  /** Layers, parameters, multiply-accumulates and anchors at the input size in use. */
  summary(): ModelSummary {
    return summarize(this.#model.graph, this.config.inputHeight, this.config.inputWidth);
  }

  /** Gives the memory back, after the detection in progress; later calls throw DISPOSED. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#queue = this.#queue.then(() => this.#session.dispose());
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  get #inputSize(): Size {
    return { width: this.config.inputWidth, height: this.config.inputHeight };
  }

  #exclusive<T>(job: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(job);
    this.#queue = result.catch(() => {});
    return result;
  }

  #assertUsable(): void {
    if (this.#disposed) throw new RefineDetError('DISPOSED', 'the detector has been disposed');
  }
}

function withInputSize(model: Model, inputSize: LoadOptions['inputSize']): Model {
  if (inputSize === undefined) return model;
  const size = typeof inputSize === 'number' ? { width: inputSize, height: inputSize } : inputSize;
  checkInputSize(size);
  const config = { ...model.config, inputWidth: size.width, inputHeight: size.height };
  return { ...model, config };
}

function checkInputSize({ width, height }: Size): void {
  const valid = (side: number) => Number.isInteger(side / INPUT_MULTIPLE) && side > 0;
  if (valid(width) && valid(height)) return;
  throw new RefineDetError(
    'INVALID_OPTION',
    `the input size must be multiples of ${INPUT_MULTIPLE}, not ${width}×${height}`,
  );
}

function nextTask(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
