/**
 * One model on a backend of tfjs, mostly a GPU. Resizing and post-processing run in the wasm kernels
 * on their own heap; while the GPU computes a frame, the next one can be prepared and submitted.
 */
import * as tf from '@tensorflow/tfjs-core';
import { useBackend } from '../backend/current.ts';
import { download, onDevice, type TfjsBackend, type TfjsDevice } from '../backend/tfjs.ts';
import type { Size, View } from '../detection/views.ts';
import type { HeadMap } from '../heads.ts';
import type { RawImage } from '../image/raw-image.ts';
import { float32View } from '../kernels/heap.ts';
import type { Kernels } from '../kernels/module.ts';
import type { RawDetections } from '../kernels/postprocess.ts';
import type { PostprocessOptions } from '../kernels/postprocess-options.ts';
import { GrowingBuffer } from '../kernels/workspace.ts';
import type { Model } from '../model/model.ts';
import { type Engine, noTimings, type StageTimings, stopwatch } from './engine.ts';
import { TensorEngine } from './tensor-engine.ts';

export class TfjsEngine extends TensorEngine implements Engine {
  readonly threads = 1;
  /** One frame in the GPU, one before or after it. */
  readonly capacity = 2;
  readonly #input: GrowingBuffer;
  readonly #device: TfjsDevice;

  /** @param device device that the backend of this name has started */
  constructor(backend: TfjsBackend['name'], device: TfjsDevice, kernels: Kernels, model: Model) {
    super(backend, kernels, model, 'float32');
    this.#device = device;
    this.#input = new GrowingBuffer(kernels.heap);
  }

  /** @throws ContextLost */
  async run(
    image: RawImage,
    view: View,
    options: PostprocessOptions,
    timings: StageTimings = noTimings(),
  ): Promise<RawDetections> {
    const lap = stopwatch(timings);
    return onDevice(this.#device, async () => {
      const input = this.#upload(image, view);
      lap('resize');
      const heads = await this.#download(this.#submit(input));
      lap('network');
      const found = this.postprocessor(view.input).runArrays(heads, options);
      lap('postprocess');
      return found;
    });
  }

  /** @throws ContextLost */
  async warmUp({ width, height }: Size): Promise<void> {
    useBackend(this.backend);
    await this.#download(this.#submit(tf.zeros([1, height, width, 3])));
  }

  override dispose(): void {
    super.dispose();
    this.#input.dispose();
    // A lost context has already lost its memory, and tfjs fails when it frees that memory.
    if (!this.#device.loss.isRaised) this.network.dispose();
  }

  #upload(image: RawImage, view: View): tf.Tensor4D {
    const { width, height } = view.input;
    const numbers = 3 * width * height;
    const pointer = this.#input.reserve(4 * numbers);
    this.preprocess(image, view, pointer);
    useBackend(this.backend);
    const values = float32View(this.kernels.heap, pointer, numbers).slice();
    return tf.tensor4d(values, [1, height, width, 3]);
  }

  /** Starts the network and disposes the input. */
  #submit(input: tf.Tensor4D): HeadMap<tf.Tensor4D>[] {
    try {
      return this.network.forward(input);
    } finally {
      input.dispose();
    }
  }

  /** Downloads all outputs in one transfer and disposes the maps. */
  async #download(levels: HeadMap<tf.Tensor4D>[]): Promise<HeadMap<Float32Array>[]> {
    const order = levels.flatMap(({ armLoc, armConf, odmLoc, odmConf }) => [
      armLoc,
      armConf,
      odmLoc,
      odmConf,
    ]);
    const parts = await download(this.#device, order);
    return levels.map((_, level) => {
      const [armLoc, armConf, odmLoc, odmConf] = parts.slice(4 * level);
      return { armLoc, armConf, odmLoc, odmConf };
    });
  }
}
