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
import { PostProcessor, type RawDetections } from '../kernels/postprocess.ts';
import type { PostprocessOptions } from '../kernels/postprocess-options.ts';
import { Preprocessor } from '../kernels/resize.ts';
import { GrowingBuffer } from '../kernels/workspace.ts';
import type { Model } from '../model/model.ts';
import { joinHeads, Network } from '../model/network.ts';
import { type Engine, noTimings, type StageTimings, stopwatch } from './engine.ts';
import { modelAnchors } from './model-anchors.ts';

export class TfjsEngine implements Engine {
  readonly backend: TfjsBackend['name'];
  readonly threads = 1;
  readonly kernels: Kernels;
  /** One frame in the GPU, one before or after it. */
  readonly capacity = 2;
  readonly #model: Model;
  readonly #network: Network;
  readonly #preprocessor: Preprocessor;
  readonly #input: GrowingBuffer;
  readonly #postprocessors = new Map<string, PostProcessor>();
  readonly #device: TfjsDevice;

  /** @param device device that the backend of this name has started */
  constructor(backend: TfjsBackend['name'], device: TfjsDevice, kernels: Kernels, model: Model) {
    this.backend = backend;
    this.kernels = kernels;
    this.#model = model;
    this.#device = device;
    useBackend(backend);
    this.#network = new Network(model.graph, model.weights);
    this.#preprocessor = new Preprocessor(kernels);
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
      const found = this.#postprocessor(view.input).runArrays(heads, options);
      lap('postprocess');
      return found;
    });
  }

  forward(input: tf.Tensor4D): HeadMap<tf.Tensor3D> {
    useBackend(this.backend);
    return joinHeads(this.#network.forward(input), this.#model.graph.numClasses);
  }

  /** @throws ContextLost */
  async warmUp({ width, height }: Size): Promise<void> {
    useBackend(this.backend);
    await this.#download(this.#submit(tf.zeros([1, height, width, 3])));
  }

  dispose(): void {
    for (const postprocessor of this.#postprocessors.values()) postprocessor.dispose();
    this.#postprocessors.clear();
    this.#input.dispose();
    this.#preprocessor.dispose();
    // A lost context has already lost its memory, and tfjs fails when it frees that memory.
    if (!this.#device.loss.isRaised) this.#network.dispose();
  }

  #upload(image: RawImage, { input: { width, height }, crop, flip }: View): tf.Tensor4D {
    const { mean, std, channelOrder } = this.#model.config;
    const numbers = 3 * width * height;
    const pointer = this.#input.reserve(4 * numbers);
    const target = { pointer, width, height };
    this.#preprocessor.run(image, target, { mean, std, channelOrder, crop, flip });
    useBackend(this.backend);
    const values = float32View(this.kernels.heap, pointer, numbers).slice();
    return tf.tensor4d(values, [1, height, width, 3]);
  }

  /** Starts the network and disposes the input. */
  #submit(input: tf.Tensor4D): HeadMap<tf.Tensor4D>[] {
    try {
      return this.#network.forward(input);
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

  #postprocessor(size: Size): PostProcessor {
    const key = `${size.width}x${size.height}`;
    let postprocessor = this.#postprocessors.get(key);
    if (!postprocessor) {
      const anchors = modelAnchors(this.#model, size);
      const { classes } = this.#model.config;
      postprocessor = new PostProcessor(this.kernels, anchors, classes.length);
      this.#postprocessors.set(key, postprocessor);
    }
    return postprocessor;
  }
}
