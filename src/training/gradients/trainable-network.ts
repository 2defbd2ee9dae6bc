/**
 * A network whose tensors are trained, in one of two ways that share the forward and the reverse pass:
 * the trainer calls {@link TrainableNetwork.record}, which frees maps early; for `tf.variableGrads`,
 * {@link TrainableNetwork.forward} makes the whole network one operation with a custom gradient.
 */
import * as tf from '@tensorflow/tfjs-core';
import { RefineDetError } from '../../errors.ts';
import type { HeadMap } from '../../heads.ts';
import { hasLayerKernels } from '../../kernels/layers/index.ts';
import type { BoundStep } from '../../model/binders.ts';
import { type Graph, parameterShapes, type Weights } from '../../model/graph.ts';
import { concatHeads, levelHeads } from '../../model/network.ts';
import { largeMaps } from '../../model/plan-inference.ts';
import { bindTraining } from './bind-gradient.ts';
import {
  type ForwardOptions,
  type ForwardStep,
  planTrace,
  planTraining,
  STATISTICS,
  type TrainingPlanStep,
} from './gradient-plan.ts';
import { packHeads, splitLevels, unpackHeads } from './head-gradient.ts';
import { reversePass, type Trace } from './trace.ts';

/** A forward pass that can be differentiated once. */
export interface Recording {
  /** Joined outputs; the caller disposes them. */
  heads: HeadMap<tf.Tensor3D>;
  /**
   * @param heads gradient of the loss at each head; not disposed
   * @returns gradient of each trained tensor that the loss depends on, by name; disposed by the caller
   */
  gradients(heads: HeadMap<tf.Tensor3D>): Map<string, tf.Tensor>;
  /** Frees the maps if the gradients are not needed. */
  dispose(): void;
}

/** A network whose weights are tfjs variables and whose forward pass has gradients. */
export class TrainableNetwork {
  readonly graph: Graph;
  /**
   * The current tensors by name. An optimizer assigns to them, or writes into the memory of those that
   * the last forward pass trained; writes into the memory of frozen ones may go unnoticed.
   */
  readonly variables: ReadonlyMap<string, tf.Variable>;
  readonly #steps: readonly TrainingPlanStep[];
  /** Whether a map is too large to be written between frozen layers. */
  readonly #isLarge: (name: string) => boolean;
  /** Frozen plan steps: bound once, and again after their variables have been assigned to. */
  readonly #bound = new Map<string, { step: BoundStep; data: object[] }>();

  /**
   * Uploads the weights to the current backend.
   * @throws WEIGHTS_MISMATCH when a tensor is missing or of another shape
   */
  constructor(graph: Graph, weights: Weights) {
    this.graph = graph;
    this.#steps = planTraining(graph);
    this.#isLarge = largeMaps(graph);
    this.variables = uploadVariables(graph, weights);
  }

  /**
   * Computes the heads as a differentiable function of the trained variables, for `tf.variableGrads`. It keeps
   * all maps until the end; {@link record} is faster and needs less memory.
   * @param input [B, height, width, 3], normalized; not disposed
   */
  forward(input: tf.Tensor4D, options: ForwardOptions = {}): HeadMap<tf.Tensor3D> {
    const { graph } = this;
    const names = this.#trainedTensors(options);
    const variables = names.map((name) => this.variables.get(name)!);
    const packed = tf.tidy(() =>
      tf.customGrad((...args) => {
        const save = args.at(-1) as (tensors: tf.Tensor[]) => void;
        const trace = this.#run(input, options);
        const keys = [...trace.maps.keys()];
        save([...trace.maps.values()]);
        return {
          value: packHeads(concatHeads(levelHeads(graph, trace.maps), graph.numClasses)),
          gradFunc: (dy, saved) => {
            const maps = new Map(keys.map((key, i) => [key, saved[i] as tf.Tensor4D]));
            const heads = unpackHeads(dy as tf.Tensor3D, graph.numClasses);
            const outputs = splitLevels(graph, maps, heads);
            const gradients = reversePass({ ...trace, maps }, outputs, false);
            return names.map((name, i) => gradients.get(name) ?? tf.zerosLike(variables[i]));
          },
        };
      })(...variables),
    );
    const heads = unpackHeads(packed as tf.Tensor3D, graph.numClasses);
    packed.dispose();
    return heads;
  }

  /**
   * Runs a forward pass whose gradients are computed on demand: the trainer's way.
   * @param input [B, height, width, 3], normalized; not disposed
   */
  record(input: tf.Tensor4D, options: ForwardOptions = {}): Recording {
    const { graph } = this;
    const trace = this.#run(input, options);
    const heads = concatHeads(levelHeads(graph, trace.maps), graph.numClasses);
    const dispose = () => {
      tf.dispose([...trace.maps.values()]);
      trace.maps.clear();
    };
    const gradients = (of: HeadMap<tf.Tensor3D>) => {
      const outputs = splitLevels(graph, trace.maps, of);
      const found = reversePass(trace, outputs, true);
      tf.dispose([...outputs.values()]);
      dispose();
      return found;
    };
    return { heads, gradients, dispose };
  }

  /** Copies the current tensors. */
  async weights(): Promise<Weights> {
    const entries = [...this.variables].map(async ([name, variable]) => {
      const data = Float32Array.from(await variable.data());
      return [name, { shape: variable.shape, data }] as const;
    });
    return new Map(await Promise.all(entries));
  }

  /** Frees the weights. */
  dispose(): void {
    for (const { step } of this.#bound.values()) step.dispose();
    this.#bound.clear();
    for (const variable of this.variables.values()) variable.dispose();
  }

  /** Names of the tensors that these options train. */
  #trainedTensors({ frozen }: ForwardOptions): string[] {
    return this.#steps
      .filter(({ layer }) => !frozen?.(layer.name))
      .flatMap(({ tensors }) => tensors.filter((name) => !STATISTICS.test(name)));
  }

  #run(input: tf.Tensor4D, options: ForwardOptions): Trace {
    const { steps, traced, kept, lastReader } = planTrace(
      this.graph,
      this.#steps,
      options,
      hasLayerKernels() ? this.#isLarge : undefined,
    );
    const names: string[] = [];
    const outputs = tf.tidy(() => {
      const maps = new Map([[this.graph.layers[0].name, tf.clone(input)]]);
      for (const planned of steps) {
        const { step } = planned;
        const output = this.#runStep(
          planned,
          step.inputs.map((name) => maps.get(name)!),
        );
        maps.set(step.name, output);
        // A chain may read one map twice.
        for (const name of new Set(step.inputs)) {
          if (kept.has(name) || lastReader.get(name) !== step.name) continue;
          maps.get(name)!.dispose();
          maps.delete(name);
        }
      }
      names.push(...maps.keys());
      return [...maps.values()];
    });
    return {
      steps: traced,
      maps: new Map(names.map((name, i) => [name, outputs[i]])),
      tensors: this.variables,
    };
  }

  #runStep(planned: ForwardStep, maps: tf.Tensor4D[]): tf.Tensor4D {
    const { step, trainable } = planned;
    const variables = step.tensors.map((name) => this.variables.get(name)!);
    const known = this.#bound.get(step.name);
    // Variables may have new data; trained ones may have changed in place.
    const isCurrent =
      !trainable &&
      known?.data.length === variables.length &&
      known.data.every((id, i) => id === variables[i].dataId);
    if (isCurrent) return known!.step.run(maps);
    known?.step.dispose();
    this.#bound.delete(step.name);
    const bound = bindTraining(step, variables);
    if (!trainable) {
      this.#bound.set(step.name, { step: bound, data: variables.map(({ dataId }) => dataId) });
      return bound.run(maps);
    }
    const output = bound.run(maps);
    bound.dispose();
    return output;
  }
}

function uploadVariables(graph: Graph, weights: Weights): Map<string, tf.Variable> {
  const variables = new Map<string, tf.Variable>();
  for (const [name, shape] of parameterShapes(graph)) {
    const tensor = weights.get(name);
    if (!tensor || tensor.shape.join() !== shape.join()) {
      const found = tensor ? `is [${tensor.shape}]` : 'is missing';
      throw new RefineDetError(
        'WEIGHTS_MISMATCH',
        `tensor "${name}" ${found}, expected [${shape}]`,
      );
    }
    const value = tf.tensor(tensor.data, shape as number[]);
    variables.set(name, tf.variable(value, !STATISTICS.test(name)));
    value.dispose();
  }
  return variables;
}
