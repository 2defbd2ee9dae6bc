/** One model on the wasm backend: pixels of a view in, raw detections out. */
import * as tf from '@tensorflow/tfjs-core';
import { useBackend } from '../backend/current.ts';
import { tensorPointer, type WasmRuntime } from '../backend/wasm.ts';
import type { Size, View } from '../detection/views.ts';
import type { HeadMap } from '../heads.ts';
import type { RawImage } from '../image/raw-image.ts';
import type { Kernels } from '../kernels/module.ts';
import { type HeadPointers, PostProcessor, type RawDetections } from '../kernels/postprocess.ts';
import type { PostprocessOptions } from '../kernels/postprocess-options.ts';
import { Preprocessor } from '../kernels/resize.ts';
import type { Model } from '../model/model.ts';
import { disposeHeads, joinHeads, Network } from '../model/network.ts';
import { type Engine, noTimings, type StageTimings, stopwatch } from './engine.ts';
import { modelAnchors } from './model-anchors.ts';

/** Buffers for one network input size. */
interface InputBuffers {
  /** [1, height, width, 3] */
  input: tf.Tensor4D;
  postprocessor: PostProcessor;
}

export class WasmEngine implements Engine {
  readonly backend = 'wasm';
  readonly kernels: Kernels;
  /** One detection keeps all threads busy. */
  readonly capacity = 1;
  readonly #runtime: WasmRuntime;
  readonly #model: Model;
  readonly #network: Network;
  readonly #preprocessor: Preprocessor;
  readonly #buffers = new Map<string, InputBuffers>();

  constructor(runtime: WasmRuntime, model: Model) {
    const { kernels } = runtime;
    this.#runtime = runtime;
    this.kernels = kernels;
    this.#model = model;
    useBackend('wasm');
    this.#network = new Network(model.graph, model.weights);
    this.#preprocessor = new Preprocessor(kernels);
  }

  get threads(): number {
    return this.#runtime.threads;
  }

  /** Synchronous up to the result, so that views never interleave. */
  async run(
    image: RawImage,
    view: View,
    options: PostprocessOptions,
    timings: StageTimings = noTimings(),
  ): Promise<RawDetections> {
    useBackend('wasm');
    const { input, postprocessor } = this.#buffersOf(view.input);
    const { mean, std, channelOrder } = this.#model.config;
    const { crop, flip } = view;
    const lap = stopwatch(timings);
    const target = { pointer: tensorPointer(input), ...view.input };
    this.#preprocessor.run(image, target, { mean, std, channelOrder, crop, flip });
    lap('resize');
    const heads = this.#network.forward(input);
    lap('network');
    try {
      return postprocessor.run(heads.map(headPointers), options);
    } finally {
      lap('postprocess');
      disposeHeads(heads);
    }
  }

  forward(input: tf.Tensor4D): HeadMap<tf.Tensor3D> {
    useBackend('wasm');
    return joinHeads(this.#network.forward(input), this.#model.graph.numClasses);
  }

  async warmUp(size: Size): Promise<void> {
    useBackend('wasm');
    disposeHeads(this.#network.forward(this.#buffersOf(size).input));
  }

  dispose(): void {
    for (const { input, postprocessor } of this.#buffers.values()) {
      input.dispose();
      postprocessor.dispose();
    }
    this.#buffers.clear();
    this.#preprocessor.dispose();
    this.#network.dispose();
  }

  #buffersOf(size: Size): InputBuffers {
    const { width, height } = size;
    const key = `${width}x${height}`;
    let buffers = this.#buffers.get(key);
    if (!buffers) {
      const { classes } = this.#model.config;
      const anchors = modelAnchors(this.#model, size);
      buffers = {
        input: tf.zeros([1, height, width, 3]),
        postprocessor: new PostProcessor(this.kernels, anchors, classes.length),
      };
      this.#buffers.set(key, buffers);
    }
    return buffers;
  }
}

function headPointers({ armLoc, armConf, odmLoc, odmConf }: HeadMap<tf.Tensor4D>): HeadPointers {
  return {
    anchors: armConf.size / 2,
    armLoc: tensorPointer(armLoc),
    armConf: tensorPointer(armConf),
    odmLoc: tensorPointer(odmLoc),
    odmConf: tensorPointer(odmConf),
  };
}
