/** Binds plan steps to the layer kernels, which are faster than operations of tfjs. */
import * as tf from '@tensorflow/tfjs-core';
import type { Limits } from '../kernels/layers/convolution.ts';
import { runLayerKernel } from '../kernels/layers/index.ts';
import { deconvBinder } from './bind-deconv.ts';
import { TFJS_BINDERS } from './bind-tfjs.ts';
import type { Binder, Binders, BoundStep } from './binders.ts';
import { stateless } from './binders.ts';
import { convGeometry, depthwiseGeometry } from './geometry.ts';
import type { Activation } from './graph.ts';
import { DEPTHWISE_KERNEL, type PlanStep } from './plan.ts';

/** Smallest and largest output of an activation. */
export function activationLimits(activation: Activation | undefined): Limits {
  const low = activation ? 0 : Number.NEGATIVE_INFINITY;
  return { low, high: activation === 'relu6' ? 6 : Number.POSITIVE_INFINITY };
}

/** @param packed the filter as the kernel reads it, owned by the bound step */
function bindPacked(
  kernel: 'conv' | 'winograd',
  { layer, activation }: PlanStep<'conv' | 'winograd'>,
  packed: tf.Tensor,
): BoundStep {
  const limits = activationLimits(activation);
  return {
    run: ([x, residual]) => {
      const geometry = convGeometry(x.shape, layer);
      return runLayerKernel(kernel, { x, filter: packed, residual }, { geometry, ...limits });
    },
    reads: [],
    dispose: () => packed.dispose(),
  };
}

const bindConv: Binder<'conv'> = (step, tensors) => bindPacked('conv', step, packFilter(tensors));

const bindWinograd: Binder<'winograd'> = (step, [filter, bias]) =>
  bindPacked('winograd', step, tf.keep(runLayerKernel('packWinograd', { filter, bias }, {})));

const bindDepthwise: Binder<'depthwise'> = (step, tensors) => {
  const { layer, activation } = step;
  if (layer.kernel !== DEPTHWISE_KERNEL) return TFJS_BINDERS.depthwise(step, tensors);
  const [filter, bias] = tensors;
  const limits = activationLimits(activation);
  return stateless(([x]) => {
    const geometry = depthwiseGeometry(x.shape, layer);
    return runLayerKernel('depthwise', { x, filter, bias }, { geometry, ...limits });
  }, tensors);
};

const bindChain: Binder<'chain'> = ({ parts }, tensors) => {
  const [first, depthwise, last] = parts;
  const end = first.tensors.length;
  const firstFilter = packFilter(tensors.slice(0, end));
  const [depthwiseFilter, depthwiseBias] = tensors.slice(end, end + depthwise.tensors.length);
  const lastFilter = packFilter(tensors.slice(end + depthwise.tensors.length));
  const filters = { firstFilter, depthwiseFilter, depthwiseBias, lastFilter };
  const limits = parts.map(({ activation }) => activationLimits(activation));
  return {
    run: ([x, residual]) => {
      const wide = convGeometry(x.shape, first.layer);
      const narrow = depthwiseGeometry(
        [wide.batch, wide.outHeight, wide.outWidth, wide.filters],
        depthwise.layer,
      );
      const output = convGeometry(
        [narrow.batch, narrow.outHeight, narrow.outWidth, narrow.channels],
        last.layer,
      );
      return runLayerKernel(
        'chain',
        { x, ...filters, residual },
        {
          first: { ...wide, ...limits[0] },
          depthwise: { ...narrow, ...limits[1] },
          last: { ...output, ...limits[2] },
        },
      );
    },
    reads: [depthwiseFilter, depthwiseBias],
    dispose() {
      firstFilter.dispose();
      lastFilter.dispose();
    },
  };
};

function packFilter([filter, bias]: readonly tf.Tensor[]): tf.Tensor {
  return tf.keep(runLayerKernel('packFilter', { filter, bias }, {}));
}

/** The binders of a backend with the layer kernels. */
export const KERNEL_BINDERS: Binders = {
  conv: bindConv,
  winograd: bindWinograd,
  chain: bindChain,
  depthwise: bindDepthwise,
  deconv: deconvBinder(bindConv, (x) => runLayerKernel('depthToSpace', { x }, {})),
  maxpool: TFJS_BINDERS.maxpool,
  l2norm: TFJS_BINDERS.l2norm,
  add: TFJS_BINDERS.add,
};
