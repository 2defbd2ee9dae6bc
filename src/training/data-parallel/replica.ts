/**
 * A copy of the network that trains on its slice of every batch. What it does is the same in a worker
 * and in the calling thread; {@link Replica} is the contract between it and the trainer.
 */
import * as tf from '@tensorflow/tfjs-core';
import { anchorGrid } from '../../anchors.ts';
import { tensorPointer, type WasmRuntime, wasmRuntime } from '../../backend/wasm.ts';
import type { Detection } from '../../boxes.ts';
import { RefineDet } from '../../detector.ts';
import { EVALUATION_SCORE_THRESHOLD } from '../../evaluation/detect-dataset.ts';
import { float32View } from '../../kernels/heap.ts';
import type { Weights } from '../../model/graph.ts';
import type { Heads } from '../../model/run.ts';
import { levelShapes } from '../../model/summary.ts';
import { SampleMaker } from '../data/sample-maker.ts';
import { TrainableNetwork } from '../gradients/network.ts';
import { type BatchHeads, DetectionLoss, type ModuleCounts } from '../loss.ts';
import { layOutParameters, type Parameter } from '../parameters.ts';
import type { Truth } from '../truth.ts';
import type { Replica, ReplicaSetup, SharedBuffers, SliceJob, SliceResult } from './protocol.ts';

/** Tensors for one input size and number of images, made once. */
interface Stage {
  /** [B, side, side, 3] */
  input: tf.Tensor4D;
  gradients: Heads;
  loss: DetectionLoss;
}

/** A slice on its way through the network. */
interface Pass {
  stage: Stage;
  heads: Heads;
  gradients(heads: Heads): Map<string, tf.Tensor>;
  /** Spent on it so far. */
  milliseconds: number;
}

export class LocalReplica implements Replica {
  readonly #setup: ReplicaSetup;
  readonly #buffers: SharedBuffers;
  readonly #runtime: WasmRuntime;
  readonly #network: TrainableNetwork;
  readonly #parameters: readonly Parameter[];
  readonly #samples: SampleMaker;
  readonly #stages = new Map<string, Stage>();
  #prepared: { stage: Stage; truths: Truth[]; warnings: string[] } | undefined;
  #pass: Pass | undefined;
  #frozen: ReadonlySet<string> = new Set();
  #detector: RefineDet | undefined;

  private constructor(setup: ReplicaSetup, buffers: SharedBuffers, runtime: WasmRuntime) {
    this.#setup = setup;
    this.#buffers = buffers;
    this.#runtime = runtime;
    this.#network = new TrainableNetwork(setup.model.graph, setup.model.weights);
    this.#parameters = layOutParameters(setup.model.graph).parameters;
    this.#samples = new SampleMaker(runtime.kernels, setup);
  }

  /** @throws BACKEND_UNAVAILABLE, OUT_OF_MEMORY */
  static async start(setup: ReplicaSetup, buffers: SharedBuffers): Promise<LocalReplica> {
    return new LocalReplica(setup, buffers, await wasmRuntime(setup.threads));
  }

  async prepare({ draws, inputSize }: SliceJob): Promise<void> {
    const stage = this.#stage(draws.length, inputSize);
    const truths: Truth[] = [];
    const warnings: string[] = [];
    for (const [i, draw] of draws.entries()) {
      const pointer = tensorPointer(stage.input) + i * 12 * inputSize ** 2;
      const target = { pointer, width: inputSize, height: inputSize };
      truths.push(await this.#samples.make(draw, target, (warning) => warnings.push(warning)));
    }
    this.#prepared = { stage, truths, warnings };
  }

  async match(frozen: readonly string[]): Promise<ModuleCounts> {
    const start = performance.now();
    const { stage, truths } = this.#prepared!;
    this.#frozen = new Set(frozen);
    this.#readWeights();
    const options = { frozen: (layer: string) => this.#frozen.has(layer) };
    const { heads, gradients } = this.#network.record(stage.input, options);
    const positives = stage.loss.match(pointers(heads), truths);
    this.#pass = { stage, heads, gradients, milliseconds: performance.now() - start };
    return positives;
  }

  async differentiate(positives: ModuleCounts): Promise<SliceResult> {
    const start = performance.now();
    const { stage, heads, gradients, milliseconds } = this.#pass!;
    const { warnings } = this.#prepared!;
    const parts = stage.loss.evaluate(pointers(heads), pointers(stage.gradients), positives);
    this.#writeGradients(gradients(stage.gradients));
    tf.dispose(Object.values(heads));
    this.#pass = undefined;
    return { parts, warnings, computeMs: milliseconds + performance.now() - start };
  }

  async beginDetecting(): Promise<void> {
    const averages = this.#buffers.averages();
    const weights: Weights = new Map(
      this.#parameters.map(({ name, shape, offset, length }) => [
        name,
        { shape, data: averages.slice(offset, offset + length) },
      ]),
    );
    const model = { ...this.#setup.model, weights };
    this.#detector = await RefineDet.load(model, { threads: this.#setup.threads, warmUp: false });
  }

  async detect(path: string): Promise<Detection[]> {
    return this.#detector!.detect(path, { scoreThreshold: EVALUATION_SCORE_THRESHOLD });
  }

  async endDetecting(): Promise<void> {
    this.#detector?.dispose();
    this.#detector = undefined;
  }

  async dispose(): Promise<void> {
    this.#detector?.dispose();
    this.#network.dispose();
    this.#samples.dispose();
    for (const { input, gradients, loss } of this.#stages.values()) {
      tf.dispose([input, ...Object.values(gradients)]);
      loss.dispose();
    }
  }

  /** The trained tensors as the optimiser has left them, straight into the heap. */
  #readWeights(): void {
    const weights = this.#buffers.weights();
    const { heap } = this.#runtime;
    for (const { name, layer, offset, length } of this.#parameters) {
      if (this.#frozen.has(layer)) continue;
      const pointer = tensorPointer(this.#network.variables.get(name)!);
      float32View(heap, pointer, length).set(weights.subarray(offset, offset + length));
    }
  }

  /** Copies the gradients of the trained tensors out and disposes them. */
  #writeGradients(found: Map<string, tf.Tensor>): void {
    const gradients = this.#buffers.gradients();
    const { heap } = this.#runtime;
    for (const { name, layer, offset, length } of this.#parameters) {
      if (this.#frozen.has(layer)) continue;
      const tensor = found.get(name);
      if (tensor) gradients.set(float32View(heap, tensorPointer(tensor), length), offset);
      else gradients.fill(0, offset, offset + length);
    }
    tf.dispose([...found.values()]);
  }

  #stage(images: number, side: number): Stage {
    const key = `${images}x${side}`;
    let stage = this.#stages.get(key);
    if (!stage) {
      const { graph, config } = this.#setup.model;
      const anchors = anchorGrid(levelShapes(graph, side, side), side, side, config.anchors);
      const rows = anchors.length / 4;
      stage = {
        input: tf.zeros([images, side, side, 3]),
        gradients: {
          armLoc: tf.zeros([images, rows, 4]),
          armConf: tf.zeros([images, rows, 2]),
          odmLoc: tf.zeros([images, rows, 4]),
          odmConf: tf.zeros([images, rows, graph.numClasses]),
        },
        loss: new DetectionLoss(
          this.#runtime.kernels,
          anchors,
          config.classes.length,
          this.#setup.loss,
        ),
      };
      this.#stages.set(key, stage);
    }
    return stage;
  }
}

function pointers(heads: Heads): BatchHeads<number> {
  return {
    armLoc: tensorPointer(heads.armLoc),
    armConf: tensorPointer(heads.armConf),
    odmLoc: tensorPointer(heads.odmLoc),
    odmConf: tensorPointer(heads.odmConf),
  };
}
