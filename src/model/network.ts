/** Runs a layer graph with TensorFlow.js operations on whatever backend is current. */
import * as tf from '@tensorflow/tfjs-core';
import { RefineDetError } from '../errors.ts';
import { hasLayerKernels } from '../kernels/layers/index.ts';
import { type BoundStep, bindStep } from './bind.ts';
import { bindChain, isChain } from './bind-chain.ts';
import { foldBatchNorm } from './fold.ts';
import type { Graph, Weights } from './graph.ts';
import { planSteps, type Step } from './plan.ts';
import { planInference } from './plan-inference.ts';

/** Raw head outputs of one level for a batch of B images, before any softmax; A anchors a cell. */
export interface LevelHeads {
  /** [B, h, w, A·4] */
  armLoc: tf.Tensor4D;
  /** [B, h, w, A·2] */
  armConf: tf.Tensor4D;
  /** [B, h, w, A·4] */
  odmLoc: tf.Tensor4D;
  /** [B, h, w, A·(K + 1)] */
  odmConf: tf.Tensor4D;
}

/** Raw head outputs of all levels joined; N anchors in level order. */
export interface Heads {
  /** [B, N, 4] offsets of the ARM. */
  armLoc: tf.Tensor3D;
  /** [B, N, 2] logits: background, foreground. */
  armConf: tf.Tensor3D;
  /** [B, N, 4] offsets of the ODM. */
  odmLoc: tf.Tensor3D;
  /** [B, N, K + 1] logits, class 0 is background. */
  odmConf: tf.Tensor3D;
}

export const HEAD_NAMES = ['armLoc', 'armConf', 'odmLoc', 'odmConf'] as const;

interface NetworkStep extends Step {
  bound: BoundStep;
  /** Maps that nothing reads after this step. */
  release: string[];
}

/** A graph with its weights on the current tfjs backend. */
export class Network {
  readonly #graph: Graph;
  readonly #constants: tf.Tensor[] = [];
  readonly #steps: NetworkStep[];

  /**
   * Uploads the weights, batch normalization folded into them.
   * @throws WEIGHTS_MISMATCH when a tensor is missing
   */
  constructor(graph: Graph, weights: Weights) {
    const folded = foldBatchNorm(graph, weights);
    this.#graph = folded.graph;
    const steps = (hasLayerKernels() ? planInference : planSteps)(folded.graph);
    const lastReader = lastReaders(steps);
    this.#steps = steps.map((step) => ({
      ...step,
      bound: this.#bind(step, folded.weights),
      release: [...lastReader].filter(([, reader]) => reader === step.name).map(([name]) => name),
    }));
  }

  /**
   * @param input [B, height, width, 3], normalized; not disposed
   * @returns one entry a level, shallowest first; the caller disposes the tensors
   */
  forward(input: tf.Tensor4D): LevelHeads[] {
    const maps = new Map<string, tf.Tensor4D>([[this.#graph.layers[0].name, input]]);
    for (const { name, inputs, bound, release } of this.#steps) {
      maps.set(name, bound.run(inputs.map((source) => maps.get(source)!)));
      for (const source of release) {
        if (maps.get(source) !== input) maps.get(source)!.dispose();
        maps.delete(source);
      }
    }
    return levelHeads(this.#graph, maps);
  }

  dispose(): void {
    for (const { bound } of this.#steps) bound.dispose();
    tf.dispose(this.#constants);
    this.#constants.length = 0;
  }

  /** Uploads the tensors of a step, and keeps those that it goes on reading. */
  #bind(step: Step, weights: Weights): BoundStep {
    const tensors = step.tensors.map((name) => {
      const { shape, data } = tensorOf(weights, name);
      return tf.tensor(data, shape as number[]);
    });
    const bound = isChain(step) ? bindChain(step, tensors) : bindStep(step, tensors);
    for (const tensor of tensors) {
      if (bound.reads.includes(tensor)) this.#constants.push(tensor);
      else tensor.dispose();
    }
    return bound;
  }
}

/** The head maps among the maps of a network, one entry a level, shallowest first. */
export function levelHeads(
  { heads: { armLoc, armConf, odmLoc, odmConf } }: Graph,
  maps: ReadonlyMap<string, tf.Tensor4D>,
): LevelHeads[] {
  return armLoc.map((name, level) => ({
    armLoc: maps.get(name)!,
    armConf: maps.get(armConf[level])!,
    odmLoc: maps.get(odmLoc[level])!,
    odmConf: maps.get(odmConf[level])!,
  }));
}

function tensorOf(weights: Weights, name: string) {
  const tensor = weights.get(name);
  if (!tensor) throw new RefineDetError('WEIGHTS_MISMATCH', `tensor "${name}" is missing`);
  return tensor;
}

/** For every map, the step that reads it last; heads are read at the very end. */
function lastReaders(steps: readonly Step[]): Map<string, string> {
  return new Map(steps.flatMap(({ name, inputs }) => inputs.map((input) => [input, name])));
}

/** All levels as one table of anchors; the level maps are disposed. */
export function joinHeads(levels: readonly LevelHeads[], numClasses: number): Heads {
  const joined = concatHeads(levels, numClasses);
  disposeHeads(levels);
  return joined;
}

/** All levels as one table of anchors; the level maps are left alone. */
export function concatHeads(levels: readonly LevelHeads[], numClasses: number): Heads {
  const join = (head: keyof LevelHeads, width: number): tf.Tensor3D =>
    tf.concat(
      levels.map((level) => tf.reshape(level[head], [level[head].shape[0], -1, width])),
      1,
    );
  return tf.tidy(() => ({
    armLoc: join('armLoc', 4),
    armConf: join('armConf', 2),
    odmLoc: join('odmLoc', 4),
    odmConf: join('odmConf', numClasses),
  }));
}

export function disposeHeads(heads: readonly LevelHeads[]): void {
  for (const { armLoc, armConf, odmLoc, odmConf } of heads) {
    tf.dispose([armLoc, armConf, odmLoc, odmConf]);
  }
}
