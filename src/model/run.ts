/** Runs a layer graph with TensorFlow.js operations on whatever backend is current. */
import * as tf from '@tensorflow/tfjs-core';
import { RefineDetError } from '../errors.ts';
import {
  type Activation,
  type Graph,
  type Layer,
  layerInputs,
  type MaxPoolLayer,
  poolSize,
  type Weights,
} from './graph.ts';

/** Raw head outputs of one level for a batch of B pictures, before any softmax; A anchors a cell. */
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

type Operation = (inputs: tf.Tensor4D[]) => tf.Tensor4D;

interface Step {
  name: string;
  inputs: readonly string[];
  run: Operation;
  /** Maps that nothing reads after this step. */
  release: string[];
}

const L2_NORM_EPSILON = 1e-10;

/** A graph with its weights on the current tfjs backend. */
export class Network {
  readonly #graph: Graph;
  readonly #constants: tf.Tensor[] = [];
  readonly #steps: Step[];

  /**
   * Uploads the weights.
   * @param graph without batch normalisation (fold it first)
   * @throws WEIGHTS_MISMATCH when a tensor is missing
   */
  constructor(graph: Graph, weights: Weights) {
    this.#graph = graph;
    const lastReader = lastReaders(graph);
    this.#steps = graph.layers.slice(1).map((layer) => ({
      name: layer.name,
      inputs: layerInputs(layer),
      run: this.#compile(layer, weights),
      release: [...lastReader].filter(([, reader]) => reader === layer.name).map(([name]) => name),
    }));
  }

  /**
   * @param input [B, height, width, 3], normalised; not disposed
   * @returns one entry a level, shallowest first; the caller disposes the tensors
   */
  forward(input: tf.Tensor4D): LevelHeads[] {
    const outputs = new Map<string, tf.Tensor4D>([[this.#graph.layers[0].name, input]]);
    for (const { name, inputs, run, release } of this.#steps) {
      outputs.set(name, run(inputs.map((source) => outputs.get(source)!)));
      for (const source of release) {
        if (outputs.get(source) !== input) outputs.get(source)!.dispose();
        outputs.delete(source);
      }
    }
    const { armLoc, armConf, odmLoc, odmConf } = this.#graph.heads;
    return armLoc.map((name, level) => ({
      armLoc: outputs.get(name)!,
      armConf: outputs.get(armConf[level])!,
      odmLoc: outputs.get(odmLoc[level])!,
      odmConf: outputs.get(odmConf[level])!,
    }));
  }

  dispose(): void {
    tf.dispose(this.#constants);
    this.#constants.length = 0;
  }

  #compile(layer: Layer, weights: Weights): Operation {
    const constant = (suffix: string) => this.#upload(weights, `${layer.name}.${suffix}`);
    switch (layer.op) {
      case 'conv': {
        const filter = constant('weight') as tf.Tensor4D;
        const bias = constant('bias');
        const { stride: strides, dilation: dilations, padding: pad, activation } = layer;
        return ([x]) =>
          tf.fused.conv2d({ x, filter, strides, pad, dilations, bias, activation }) as tf.Tensor4D;
      }
      case 'depthwise': {
        const filter = constant('weight') as tf.Tensor4D;
        const bias = constant('bias');
        const { stride: strides, padding: pad, activation } = layer;
        return ([x]) => tf.fused.depthwiseConv2d({ x, filter, strides, pad, bias, activation });
      }
      case 'deconv':
        return this.#compileDeconv(layer.name, weights);
      case 'maxpool':
        return ([x]) =>
          tf.maxPool(x, layer.size, layer.stride, poolPadding(x.shape, layer)) as tf.Tensor4D;
      case 'l2norm': {
        const scale = constant('weight');
        return ([x]) => tf.tidy(() => l2normalize(x, scale));
      }
      case 'add':
        return ([a, b]) => tf.tidy(() => activate(tf.add(a, b), layer.activation));
      case 'input':
        throw new RefineDetError('INVALID_ARGUMENT', `"${layer.name}" must be the first layer`);
    }
  }

  /** As a 1×1 convolution to 4·filters channels and a depth-to-space: exact, and several times faster. */
  #compileDeconv(name: string, weights: Weights): Operation {
    const { shape, data } = tensorOf(weights, `${name}.weight`);
    const [, , inputs, filters] = shape;
    const filter = tf.tidy(() =>
      tf.reshape<tf.Rank.R4>(
        tf.transpose(tf.tensor4d(data, [2, 2, inputs, filters]), [2, 0, 1, 3]),
        [1, 1, inputs, 4 * filters],
      ),
    );
    const bias = tf.tidy(() => tf.tile(tf.tensor1d(tensorOf(weights, `${name}.bias`).data), [4]));
    this.#constants.push(filter, bias);
    return ([x]) =>
      tf.tidy(() => {
        const spread = tf.fused.conv2d({ x, filter, strides: 1, pad: 0, bias }) as tf.Tensor4D;
        return tf.depthToSpace(spread, 2, 'NHWC');
      });
  }

  #upload(weights: Weights, name: string): tf.Tensor {
    const { shape, data } = tensorOf(weights, name);
    const tensor = tf.tensor(data, shape as number[]);
    this.#constants.push(tensor);
    return tensor;
  }
}

function tensorOf(weights: Weights, name: string) {
  const tensor = weights.get(name);
  if (!tensor) throw new RefineDetError('WEIGHTS_MISMATCH', `tensor "${name}" is missing`);
  return tensor;
}

/** For every map, the layer that reads it last; heads are read at the very end. */
function lastReaders(graph: Graph): Map<string, string> {
  const last = new Map<string, string>();
  for (const layer of graph.layers) {
    for (const input of layerInputs(layer)) last.set(input, layer.name);
  }
  return last;
}

/** All levels as one table of anchors; the level maps are disposed. */
export function joinHeads(levels: readonly LevelHeads[], numClasses: number): Heads {
  const join = (head: keyof LevelHeads, width: number): tf.Tensor3D =>
    tf.concat(
      levels.map((level) => tf.reshape(level[head], [level[head].shape[0], -1, width])),
      1,
    );
  const joined = tf.tidy(() => ({
    armLoc: join('armLoc', 4),
    armConf: join('armConf', 2),
    odmLoc: join('odmLoc', 4),
    odmConf: join('odmConf', numClasses),
  }));
  disposeHeads(levels);
  return joined;
}

export function disposeHeads(heads: readonly LevelHeads[]): void {
  for (const { armLoc, armConf, odmLoc, odmConf } of heads) {
    tf.dispose([armLoc, armConf, odmLoc, odmConf]);
  }
}

/** Paper §3.1 (after ParseNet): unit length across channels, then a learned scale per channel. */
function l2normalize(x: tf.Tensor4D, scale: tf.Tensor): tf.Tensor4D {
  const norm = tf.sqrt(tf.add(tf.sum(tf.square(x), -1, true), L2_NORM_EPSILON));
  return tf.mul(tf.div(x, norm), scale);
}

function activate(x: tf.Tensor4D, activation: Activation | undefined): tf.Tensor4D {
  if (activation === undefined) return x;
  return activation === 'relu' ? tf.relu(x) : tf.relu6(x);
}

type PoolPadding = [[0, 0], [number, number], [number, number], [0, 0]];

/** Ceil mode is extra padding at the bottom and the right, where the last window overhangs. */
function poolPadding([, height, width]: readonly number[], layer: MaxPoolLayer): PoolPadding {
  const pad = (n: number): [number, number] => {
    const overhang = (poolSize(n, layer) - 1) * layer.stride + layer.size - n - layer.padding;
    return [layer.padding, Math.max(overhang, 0)];
  };
  return [[0, 0], pad(height), pad(width), [0, 0]];
}
