/** Binds a chain of steps to one kernel that keeps the maps between them in the cache. */
import * as tf from '@tensorflow/tfjs-core';
import { runLayerKernel } from '../kernels/layers/index.ts';
import { activationLimits, type BoundStep } from './bind.ts';
import { convGeometry, depthwiseGeometry } from './geometry.ts';
import type { ConvLayer, DepthwiseLayer } from './graph.ts';
import type { Step } from './plan.ts';

/** A step with steps before it. */
export type Chain = Step & Required<Pick<Step, 'before'>>;

export function isChain(step: Step): step is Chain {
  return step.before !== undefined;
}

/**
 * On a backend that has the layer kernels.
 *
 * @param tensors of all three, in the order of their parameters
 */
export function bindChain(step: Chain, tensors: readonly tf.Tensor[]): BoundStep {
  const [first, depthwise] = step.before;
  const end = first.tensors.length;
  const firstFilter = pack(tensors.slice(0, end));
  const [depthwiseFilter, depthwiseBias] = tensors.slice(end, end + depthwise.tensors.length);
  const lastFilter = pack(tensors.slice(end + depthwise.tensors.length));
  const filters = { firstFilter, depthwiseFilter, depthwiseBias, lastFilter };
  const [firstLimits, depthwiseLimits, lastLimits] = [first, depthwise, step].map(
    ({ activation }) => activationLimits(activation),
  );
  return {
    run: ([x, residual]) => {
      const wide = convGeometry(x.shape, first.layer as ConvLayer);
      const narrow = depthwiseGeometry(
        [wide.batch, wide.outHeight, wide.outWidth, wide.filters],
        depthwise.layer as DepthwiseLayer,
      );
      const last = convGeometry(
        [narrow.batch, narrow.outHeight, narrow.outWidth, narrow.channels],
        step.layer as ConvLayer,
      );
      return runLayerKernel(
        'chain',
        { x, ...filters, residual },
        {
          first: { ...wide, ...firstLimits },
          depthwise: { ...narrow, ...depthwiseLimits },
          last: { ...last, ...lastLimits },
        },
      );
    },
    reads: [depthwiseFilter, depthwiseBias],
    dispose() {
      firstFilter.dispose();
      lastFilter.dispose();
    },
  };
}

function pack([filter, bias]: readonly tf.Tensor[]): tf.Tensor {
  return tf.keep(runLayerKernel('packFilter', { filter, bias }, { layout: 'forward' }));
}
