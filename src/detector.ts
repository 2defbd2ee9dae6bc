/** The detector: load a model, detect, dispose. */
import type * as tf from '@tensorflow/tfjs-core';
import { freeBytes } from '#platform';
import type { Detection } from './boxes.ts';
import {
  type BatchOptions,
  type BatchResult,
  type DetectOptions,
  type ResolvedDetectOptions,
  type ReturnErrors,
  resolveBatchOptions,
  resolveDetectOptions,
  type ThrowErrors,
} from './detection/detect-options.ts';
import { type ImageSource, type SourceImage, toRawImage } from './detection/image-source.ts';
import { type ModelSource, openSource } from './detection/load-model.ts';
import { checkLoadOptions, type LoadOptions } from './detection/load-options.ts';
import { mergeViews, toDetections, viewToImage } from './detection/merge-views.ts';
import { Queue } from './detection/queue.ts';
import { type Size, wholeImage } from './detection/views.ts';
import type { Detector } from './detector-contract.ts';
import {
  type BackendName,
  type Compute,
  type Engine,
  noTimings,
  type StageTimings,
} from './engine/engine.ts';
import { anchorsOf } from './engine/model-anchors.ts';
import { startEngine } from './engine/start-engine.ts';
import { RefineDetError, throwIfAborted } from './errors.ts';
import type { HeadMap } from './heads.ts';
import type { RawDetections } from './kernels/postprocess.ts';
import { type InputSize, inputSide, unknownSize, withInputSize } from './model/input-size.ts';
import { type Architecture, architectureOf, type Model, type ModelConfig } from './model/model.ts';
import { type ModelSummary, summarize } from './model/summary.ts';
import { show } from './option-checks.ts';
import type { StreamSource } from './stream/read-frames.ts';
import { detectStream, type StreamOptions, type StreamResult } from './stream/stream.ts';

/** A loaded model, ready to detect: `load`, then `detect` or `stream`, at last `dispose`. */
export class RefineDet implements Detector {
  readonly config: ModelConfig;
  readonly #model: Architecture;
  readonly #engine: Engine;
  /** Starts detections in the order of the calls. */
  readonly #queue: Queue;
  /** Number of calls that have not returned. */
  #underway = 0;
  /** Milliseconds for which the engine has kept this thread busy. */
  #busy = 0;
  #disposed = false;

  private constructor(model: Model, engine: Engine) {
    if (!engine) {
      const message = 'use await RefineDet.load(), not new RefineDet()';
      throw new RefineDetError('INVALID_ARGUMENT', message);
    }
    this.#model = architectureOf(model);
    this.#engine = engine;
    this.#queue = new Queue(engine.capacity);
    this.config = model.config;
  }

  /**
   * Loads a model and starts the backend.
   * @param source name of a model in the package (`default`, `nano`), path, URL, bytes of a model file, or
   *   a model in memory; default: the default model
   * @throws NO_DEFAULT_MODEL, FILE_NOT_FOUND, FETCH_FAILED, MODEL_*, INVALID_OPTION, INVALID_ARGUMENT,
   *   BACKEND_UNAVAILABLE, MISSING_DEPENDENCY, OUT_OF_MEMORY, ABORTED
   */
  static async load(source?: ModelSource, options: LoadOptions = {}): Promise<RefineDet> {
    checkLoadOptions(options);
    const { signal, gpu = [], onProgress, cache = true, warmUp = true } = options;
    throwIfAborted(signal);
    const [file, bytes] = await openSource(source, signal, { onProgress, cache });
    const model = withInputSize(file, options.inputSize);
    const { warn = console.warn, info = console.info } = options;
    const note = unknownSize(file.config, options.inputSize);
    if (note) warn(note);
    throwIfAborted(signal);
    const inputSize = inputSizeOf(model);
    const engine = await startEngine(model, {
      backend: options.backend ?? (gpu.length > 0 ? 'auto' : 'wasm'),
      gpu,
      compute: options.compute ?? 'auto',
      threads: options.threads,
      wasm: options.wasm,
      warn,
      info,
      inputSize,
    });
    try {
      throwIfAborted(signal);
      if (warmUp) await engine.warmUp(inputSize);
      throwIfAborted(signal);
    } catch (error) {
      engine.dispose();
      throw error;
    }
    // The weights are in the wasm heap by now. Other backends may still read them.
    if (engine.backend === 'wasm') freeBytes(bytes);
    return new RefineDet(model, engine);
  }

  get backend(): BackendName {
    return this.#engine.backend;
  }

  get compute(): Compute {
    return this.#engine.compute;
  }

  get threads(): number {
    return this.#isFreed ? 0 : this.#engine.threads;
  }

  get heapBytes(): number {
    return this.#isFreed ? 0 : this.#engine.kernels.heap.memory.buffer.byteLength;
  }

  get concurrency(): number {
    return this.#engine.capacity + 1;
  }

  get #isFreed(): boolean {
    return this.#disposed && this.#underway === 0;
  }

  get classes(): readonly string[] {
    return this.config.classes;
  }

  detect(image: ImageSource, options: DetectOptions = {}): Promise<Detection[]> {
    return this.#whileUsable(async () => {
      const resolved = resolveDetectOptions(options, this.config);
      throwIfAborted(resolved.signal);
      return this.#detect(await this.#decode(image, resolved), resolved);
    });
  }

  detectBatch(images: readonly ImageSource[], options: ReturnErrors): Promise<BatchResult[]>;
  detectBatch(images: readonly ImageSource[], options?: ThrowErrors): Promise<Detection[][]>;
  detectBatch(images: readonly ImageSource[], given: BatchOptions = {}): Promise<BatchResult[]> {
    return this.#whileUsable(async () => {
      if (!Array.isArray(images)) {
        throw new RefineDetError('INVALID_ARGUMENT', `images must be a list, not ${show(images)}`);
      }
      const { options, failed } = resolveBatchOptions(given);
      const resolved = resolveDetectOptions(options, this.config);
      throwIfAborted(resolved.signal);
      const results: BatchResult[] = [];
      let next = images.length > 0 ? this.#decode(images[0], resolved) : undefined;
      for (let i = 0; i < images.length; i++) {
        const decoded = await next!.catch(failed);
        // The next image is read (in pages also decoded) during the detection in this one; with a GPU
        // it is also resized. In Node, decoding and the wasm network use the same thread.
        next = i + 1 < images.length ? this.#decode(images[i + 1], resolved) : undefined;
        next?.catch(() => {});
        const isFailure = decoded instanceof RefineDetError;
        results.push(isFailure ? decoded : await this.#detect(decoded, resolved).catch(failed));
      }
      return results;
    });
  }

  /** Decodes and times one image; time that the engine spent on other images does not count. */
  async #decode(image: ImageSource, resolved: ResolvedDetectOptions): Promise<Decoded> {
    const { maxPixels, signal } = resolved;
    const enough = resolved.enough(inputSizeOf(this.#model));
    const start = performance.now() - this.#busy;
    const pixels = await toRawImage(image, { maxPixels, signal, enough });
    return { pixels, timings: { ...noTimings(), decode: performance.now() - this.#busy - start } };
  }

  async #detect(
    { pixels, timings }: Decoded,
    resolved: ResolvedDetectOptions,
  ): Promise<Detection[]> {
    try {
      return await this.#detectIn(pixels, timings, resolved);
    } finally {
      if (pixels.isOwn) freeBytes(pixels.data);
    }
  }

  async #detectIn(
    pixels: SourceImage,
    timings: StageTimings,
    resolved: ResolvedDetectOptions,
  ): Promise<Detection[]> {
    const { fullSize = pixels } = pixels;
    const detections = await this.#queue.run(async () => {
      const found: RawDetections[] = [];
      for (const view of resolved.views(fullSize, inputSizeOf(this.#model))) {
        // The event loop runs between views, so that an abort can arrive.
        if (found.length > 0) await nextTask();
        throwIfAborted(resolved.signal);
        // All views of an image that was decoded at reduced size show the whole image.
        const shown = fullSize === pixels ? view : { ...view, crop: wholeImage(pixels) };
        const start = performance.now();
        const raw = this.#engine.run(pixels, shown, resolved.postprocess, timings);
        this.#busy += performance.now() - start;
        found.push(viewToImage(await raw, view, fullSize));
      }
      const merged = mergeViews(this.#engine.kernels, found, this.classes.length, resolved.merge);
      return toDetections(merged, fullSize, this.classes, resolved);
    }, resolved.signal);
    resolved.onTimings?.(timings);
    return detections;
  }

  stream(
    source: StreamSource,
    options?: StreamOptions,
  ): AsyncGenerator<StreamResult, void, undefined> {
    this.#assertUsable();
    const limit = this.#engine.capacity;
    const detectFrame: RefineDet['detect'] = (frame, settings) => this.detect(frame, settings);
    return detectStream({ limit, detectFrame }, source, options);
  }

  /**
   * Returns the raw network outputs; the caller disposes the input and the outputs.
   * @param input [B, height, width, 3], normalized as `config` says; sides are multiples of 64
   * @throws INVALID_ARGUMENT, DISPOSED
   */
  forward(input: tf.Tensor4D): HeadMap<tf.Tensor3D> {
    this.#assertUsable();
    const shape: readonly number[] | undefined = input?.shape;
    const [batch, height, width, channels] = shape ?? [];
    const [isSide, expected] = inputSide();
    if (!(batch > 0 && isSide(height) && isSide(width) && channels === 3)) {
      throw new RefineDetError(
        'INVALID_ARGUMENT',
        `the input must be a tensor [B, height, width, 3] with sides ${expected}, not ${shape ? `[${shape.join(', ')}]` : show(input)}`,
      );
    }
    return this.#engine.forward(input);
  }

  anchors(inputSize?: InputSize): Float32Array {
    return anchorsOf(this.#model, inputSize);
  }

  /** Lists layers, parameters, multiply-accumulates and anchors at the current input size. */
  summary(): ModelSummary {
    return summarize(this.#model.graph, this.config.inputHeight, this.config.inputWidth);
  }

  /** Frees the memory after all earlier calls have finished; later calls throw DISPOSED. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    if (this.#underway === 0) this.#engine.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** Runs `work` and keeps the engine alive until it finishes. */
  async #whileUsable<T>(work: () => Promise<T>): Promise<T> {
    this.#assertUsable();
    this.#underway++;
    try {
      return await work();
    } finally {
      if (--this.#underway === 0 && this.#disposed) this.#engine.dispose();
    }
  }

  #assertUsable(): void {
    if (this.#disposed) throw new RefineDetError('DISPOSED', 'the detector has been disposed');
  }
}

type Decoded = { pixels: SourceImage; timings: StageTimings };

function inputSizeOf({ config }: Architecture): Size {
  return { width: config.inputWidth, height: config.inputHeight };
}

function nextTask(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
