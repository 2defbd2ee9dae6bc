/** One model on the wasm backend: pixels of a view in, raw detections out. */
import * as tf from '@tensorflow/tfjs-core';
import { tensorPointer, type WasmRuntime } from '../backend/wasm.ts';
import type { RawImage } from '../image/types.ts';
import type { PostprocessOptions } from '../kernels/options.ts';
import { type HeadPointers, PostProcessor, type RawDetections } from '../kernels/postprocess.ts';
import { Preprocessor } from '../kernels/resize.ts';
import type { Model } from '../model/model.ts';
import { disposeHeads, type Heads, joinHeads, type LevelHeads, Network } from '../model/run.ts';
import { levelShapes } from '../model/summary.ts';
import type { Size, View } from './views.ts';

/** Buffers for one network input size. */
interface Stage {
  /** [1, height, width, 3] */
  input: tf.Tensor4D;
  postprocessor: PostProcessor;
}

export class Session {
  readonly #runtime: WasmRuntime;
  readonly #model: Model;
  readonly #network: Network;
  readonly #preprocessor: Preprocessor;
  readonly #stages = new Map<string, Stage>();

  constructor(runtime: WasmRuntime, model: Model) {
    this.#runtime = runtime;
    this.#model = model;
    this.#network = new Network(model.graph, model.weights);
    this.#preprocessor = new Preprocessor(runtime.kernels);
  }

  /** Detections of one view, normalised to its crop; synchronous, so that views never interleave. */
  run(image: RawImage, view: View, options: PostprocessOptions): RawDetections {
    const { input, postprocessor } = this.#stage(view.input);
    const { mean, std, channelOrder } = this.#model.config;
    const { crop, flip } = view;
    const target = { pointer: tensorPointer(input), ...view.input };
    this.#preprocessor.run(image, target, { mean, std, channelOrder, crop, flip });
    const heads = this.#network.forward(input);
    try {
      return postprocessor.run(heads.map(headPointers), options);
    } finally {
      disposeHeads(heads);
    }
  }

  /** Raw heads of a normalised batch [B, height, width, 3]; the caller disposes them. */
  forward(input: tf.Tensor4D): Heads {
    return joinHeads(this.#network.forward(input), this.#model.graph.numClasses);
  }

  /** Runs the network once, so that the first picture does not pay for compilation. */
  warmUp(size: Size): void {
    disposeHeads(this.#network.forward(this.#stage(size).input));
  }

  dispose(): void {
    for (const { input, postprocessor } of this.#stages.values()) {
      input.dispose();
      postprocessor.dispose();
    }
    this.#stages.clear();
    this.#preprocessor.dispose();
    this.#network.dispose();
  }

  #stage({ width, height }: Size): Stage {
    const key = `${width}x${height}`;
    let stage = this.#stages.get(key);
    if (!stage) {
      const { graph, config } = this.#model;
      const grid = {
        levels: levelShapes(graph, height, width),
        inputHeight: height,
        inputWidth: width,
        options: config.anchors,
      };
      stage = {
        input: tf.zeros([1, height, width, 3]),
        postprocessor: new PostProcessor(this.#runtime.kernels, grid, config.classes.length),
      };
      this.#stages.set(key, stage);
    }
    return stage;
  }
}

function headPointers({ armLoc, armConf, odmLoc, odmConf }: LevelHeads): HeadPointers {
  return {
    anchors: armConf.size / 2,
    armLoc: tensorPointer(armLoc),
    armConf: tensorPointer(armConf),
    odmLoc: tensorPointer(odmLoc),
    odmConf: tensorPointer(odmConf),
  };
}
