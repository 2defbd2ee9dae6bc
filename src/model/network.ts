/** Runs a layer graph with TensorFlow.js operations on the current backend. */
import * as tf from '@tensorflow/tfjs-core';
import { RefineDetError } from '../errors.ts';
import { byHead, type HeadMap, type HeadName, headWidths } from '../heads.ts';
import { hasLayerKernels } from '../kernels/layers/index.ts';
import { KERNEL_BINDERS } from './bind-kernels.ts';
import { TFJS_BINDERS } from './bind-tfjs.ts';
import { type Binders, type BoundStep, bindStep } from './binders.ts';
import { foldBatchNorm } from './fold.ts';
import type { Graph, Weights } from './graph.ts';
import { bindInt8, type NamedStep } from './int8/bind.ts';
import type { Quantization } from './int8/quantization.ts';
import { type PlanStep, planSteps, type StepKind } from './plan.ts';
import { planInference } from './plan-inference.ts';

interface NetworkStep extends NamedStep {
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
   * @param quantization runs the network in 8 bits, for which the backend must have the layer kernels
   * @throws WEIGHTS_MISMATCH when a tensor is missing; INVALID_OPTION, MODEL_METADATA when the network
   *   cannot run in 8 bits
   */
  constructor(graph: Graph, weights: Weights, quantization?: Quantization) {
    const folded = foldBatchNorm(graph, weights);
    this.#graph = folded.graph;
    this.#steps = withReleases(this.#bindAll(folded, quantization));
  }

  /**
   * @param input [B, height, width, 3], normalized; not disposed
   * @returns one entry per level, shallowest first; the caller disposes the tensors
   */
  forward(input: tf.Tensor4D): HeadMap<tf.Tensor4D>[] {
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

  #bindAll(
    { graph, weights }: { graph: Graph; weights: Weights },
    quantization: Quantization | undefined,
  ): NamedStep[] {
    if (quantization) return bindInt8(graph, weights, quantization);
    return hasLayerKernels()
      ? this.#bind(planInference(graph), KERNEL_BINDERS, weights)
      : this.#bind(planSteps(graph), TFJS_BINDERS, weights);
  }

  #bind<K extends StepKind>(
    plan: readonly PlanStep<K>[],
    binders: Binders<K>,
    weights: Weights,
  ): NamedStep[] {
    return plan.map((step) => {
      const bound = this.#bindStep(step, binders, weights);
      return { name: step.name, inputs: step.inputs, bound };
    });
  }

  /** Uploads the tensors of a step, and keeps those that it still reads. */
  #bindStep<K extends StepKind>(
    step: PlanStep<K>,
    binders: Binders<K>,
    weights: Weights,
  ): BoundStep {
    const tensors = step.tensors.map((name) => {
      const { shape, data } = tensorOf(weights, name);
      return tf.tensor(data, shape as number[]);
    });
    const bound = bindStep(binders, step, tensors);
    for (const tensor of tensors) {
      if (bound.reads.includes(tensor)) this.#constants.push(tensor);
      else tensor.dispose();
    }
    return bound;
  }
}

/** The head maps [B, h, w, A · width] among the maps of a network, one entry per level, shallowest first. */
export function levelHeads(
  { heads }: Graph,
  maps: ReadonlyMap<string, tf.Tensor4D>,
): HeadMap<tf.Tensor4D>[] {
  return heads.armLoc.map((_, level) => byHead((name) => maps.get(heads[name][level])!));
}

function tensorOf(weights: Weights, name: string) {
  const tensor = weights.get(name);
  if (!tensor) throw new RefineDetError('WEIGHTS_MISMATCH', `tensor "${name}" is missing`);
  return tensor;
}

function withReleases(steps: readonly NamedStep[]): NetworkStep[] {
  const lastReader = lastReaders(steps);
  return steps.map((step) => ({
    ...step,
    release: [...lastReader].filter(([, reader]) => reader === step.name).map(([name]) => name),
  }));
}

/** For every map, the step that reads it last; heads are read at the very end. */
function lastReaders(plan: readonly NamedStep[]): Map<string, string> {
  return new Map(plan.flatMap(({ name, inputs }) => inputs.map((input) => [input, name])));
}

/** All levels as one table of anchors [B, N, width]; the level maps are disposed. */
export function joinHeads(
  levels: readonly HeadMap<tf.Tensor4D>[],
  numClasses: number,
): HeadMap<tf.Tensor3D> {
  const joined = concatHeads(levels, numClasses);
  disposeHeads(levels);
  return joined;
}

/** All levels as one table of anchors [B, N, width]; the level maps stay. */
export function concatHeads(
  levels: readonly HeadMap<tf.Tensor4D>[],
  numClasses: number,
): HeadMap<tf.Tensor3D> {
  const widths = headWidths(numClasses);
  const join = (head: HeadName): tf.Tensor3D =>
    tf.concat(
      levels.map(({ [head]: map }) => tf.reshape(map, [map.shape[0], -1, widths[head]])),
      1,
    );
  return byHead((head) => tf.tidy(() => join(head)));
}

export function disposeHeads(levels: readonly HeadMap<tf.Tensor4D>[]): void {
  for (const level of levels) tf.dispose(Object.values(level));
}
