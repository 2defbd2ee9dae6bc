/** One model on the wasm backend: pixels of a view in, raw detections out. */
import * as tf from '@tensorflow/tfjs-core';
import { useBackend } from '../backend/current.ts';
import { tensorPointer, type WasmRuntime } from '../backend/wasm.ts';
import type { Size, View } from '../detection/views.ts';
import type { HeadMap } from '../heads.ts';
import type { RawImage } from '../image/raw-image.ts';
import type { HeadPointers, RawDetections } from '../kernels/postprocess.ts';
import type { PostprocessOptions } from '../kernels/postprocess-options.ts';
import type { Model } from '../model/model.ts';
import { disposeHeads } from '../model/network.ts';
import { type Compute, type Engine, noTimings, type StageTimings, stopwatch } from './engine.ts';
import { TensorEngine } from './tensor-engine.ts';

export class WasmEngine extends TensorEngine implements Engine {
  /** One detection keeps all threads busy. */
  readonly capacity = 1;
  readonly #runtime: WasmRuntime;
  /** [1, height, width, 3], for each network input size. */
  readonly #inputs = new Map<string, tf.Tensor4D>();

  constructor(runtime: WasmRuntime, model: Model, compute: Compute) {
    super('wasm', runtime.kernels, model, compute);
    this.#runtime = runtime;
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
    const input = this.#input(view.input);
    const postprocessor = this.postprocessor(view.input);
    const lap = stopwatch(timings);
    this.preprocess(image, view, tensorPointer(input));
    lap('resize');
    const heads = this.network.forward(input);
    lap('network');
    try {
      return postprocessor.run(heads.map(headPointers), options);
    } finally {
      lap('postprocess');
      disposeHeads(heads);
    }
  }

  async warmUp(size: Size): Promise<void> {
    useBackend('wasm');
    this.postprocessor(size);
    disposeHeads(this.network.forward(this.#input(size)));
  }

  override dispose(): void {
    for (const input of this.#inputs.values()) input.dispose();
    this.#inputs.clear();
    super.dispose();
    this.network.dispose();
  }

  #input({ width, height }: Size): tf.Tensor4D {
    const key = `${width}x${height}`;
    const input = this.#inputs.get(key) ?? tf.zeros<tf.Rank.R4>([1, height, width, 3]);
    this.#inputs.set(key, input);
    return input;
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
