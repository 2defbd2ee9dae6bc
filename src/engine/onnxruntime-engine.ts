/** One model in ONNX Runtime, between the wasm kernels: pixels of a view in, raw detections out. */
import type * as tf from '@tensorflow/tfjs-core';
import type { InferenceSession } from 'onnxruntime-node';
import { availableThreads } from '#platform';
import type { Size, View } from '../detection/views.ts';
import { RefineDetError } from '../errors.ts';
import type { HeadMap } from '../heads.ts';
import type { RawImage } from '../image/raw-image.ts';
import type { Kernels } from '../kernels/module.ts';
import type { RawDetections } from '../kernels/postprocess.ts';
import type { PostprocessOptions } from '../kernels/postprocess-options.ts';
import type { Model } from '../model/model.ts';
import { type Engine, noTimings, type StageTimings, stopwatch } from './engine.ts';
import { ModelEngine } from './model-engine.ts';
import { type OnnxRuntime, OnnxruntimeSession } from './onnxruntime-session.ts';

/** Session options, with the number of threads. */
type Options = InferenceSession.SessionOptions & { intraOpNumThreads: number };

export class OnnxruntimeEngine extends ModelEngine implements Engine {
  /** One detection keeps all threads busy, and this one too. */
  readonly capacity = 1;
  readonly threads: number;
  readonly #open: (size: Size) => Promise<OnnxruntimeSession>;
  /** One for each network input size: ONNX Runtime is fastest where all shapes are known. */
  readonly #sessions = new Map<string, OnnxruntimeSession>();

  private constructor(runtime: OnnxRuntime, kernels: Kernels, model: Model, options: Options) {
    super('onnxruntime', kernels, model, 'float32');
    // With zero, ONNX Runtime takes one for each core; Node counts logical processors only.
    this.threads = options.intraOpNumThreads || availableThreads();
    this.#open = (size) => OnnxruntimeSession.open(runtime, kernels.heap, model, size, options);
  }

  /** @throws BACKEND_UNAVAILABLE, OUT_OF_MEMORY, and what `exportOnnx` throws */
  static async start(
    runtime: OnnxRuntime,
    kernels: Kernels,
    model: Model,
    options: Options,
  ): Promise<OnnxruntimeEngine> {
    const engine = new OnnxruntimeEngine(runtime, kernels, model, options);
    const { inputWidth: width, inputHeight: height } = model.config;
    await engine.#session({ width, height });
    return engine;
  }

  async run(
    image: RawImage,
    view: View,
    options: PostprocessOptions,
    timings: StageTimings = noTimings(),
  ): Promise<RawDetections> {
    const session = await this.#session(view.input);
    const postprocessor = this.postprocessor(view.input);
    const lap = stopwatch(timings);
    this.preprocess(image, view, session.input);
    lap('resize');
    const heads = await session.run();
    lap('network');
    const found = postprocessor.run([heads], options);
    lap('postprocess');
    return found;
  }

  async warmUp(size: Size): Promise<void> {
    this.postprocessor(size);
    await (await this.#session(size)).run();
  }

  forward(): HeadMap<tf.Tensor3D> {
    const message = 'forward() returns tensors of tfjs: load the model with backend "wasm" for it';
    throw new RefineDetError('INVALID_OPTION', `${message}, not "onnxruntime"`);
  }

  override dispose(): void {
    for (const session of this.#sessions.values()) session.dispose();
    this.#sessions.clear();
    super.dispose();
  }

  async #session(size: Size): Promise<OnnxruntimeSession> {
    const key = `${size.width}x${size.height}`;
    const session = this.#sessions.get(key) ?? (await this.#open(size));
    this.#sessions.set(key, session);
    return session;
  }
}
