/** What the engines of tfjs' backends have in common: a network of tensors. */
import type * as tf from '@tensorflow/tfjs-core';
import { useBackend } from '../backend/current.ts';
import type { HeadMap } from '../heads.ts';
import type { Kernels } from '../kernels/module.ts';
import type { Model } from '../model/model.ts';
import { joinHeads, Network } from '../model/network.ts';
import type { BackendName, Compute } from './engine.ts';
import { ModelEngine } from './model-engine.ts';

export abstract class TensorEngine extends ModelEngine {
  protected readonly network: Network;
  readonly #numClasses: number;

  constructor(backend: BackendName, kernels: Kernels, model: Model, compute: Compute) {
    super(backend, kernels, model, compute);
    useBackend(backend);
    const quantization = compute === 'int8' ? model.quantization : undefined;
    this.network = new Network(model.graph, model.weights, quantization);
    this.#numClasses = model.graph.numClasses;
  }

  forward(input: tf.Tensor4D): HeadMap<tf.Tensor3D> {
    useBackend(this.backend);
    return joinHeads(this.network.forward(input), this.#numClasses);
  }
}
