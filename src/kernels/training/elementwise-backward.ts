/** Backward through rectifiers, biases and 2×2 rearrangements, as kernels of tfjs' wasm backend. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Limits } from '../layers/convolution.ts';
import type { LayerHost, LayerKernel } from '../layers/layer-host.ts';
import type { TrainingKernels } from './training-kernels.ts';

export function elementwiseGradients({ kernels }: LayerHost<TrainingKernels>) {
  const rectifierGradient: LayerKernel<Pick<Limits, 'high'>> = ({ dy, y }, { high }, tensors) => {
    const [rows, channels] = matrixShape(dy);
    const masked = tensors.output(dy.shape);
    const sums = tensors.output([channels]);
    const [from, value, to, total] = tensors.pointers(dy, y, masked, sums);
    kernels.rectifierGradient(from, value, high, to, total, rows, channels);
    return [masked, sums];
  };

  const sumRows: LayerKernel<object> = ({ x }, _, tensors) => {
    const [rows, channels] = matrixShape(x);
    const sums = tensors.output([channels]);
    kernels.sumRows(...tensors.pointers(x, sums), rows, channels);
    return sums;
  };

  const spaceToDepth: LayerKernel<object> = ({ x }, _, tensors) => {
    const [batch, height, width, channels] = x.shape;
    const y = tensors.output([batch, height / 2, width / 2, 4 * channels]);
    const rows = (batch * height) / 2;
    kernels.spaceToDepth(...tensors.pointers(y, x), rows, width / 2, channels);
    return y;
  };

  return { rectifierGradient, sumRows, spaceToDepth };
}

/** Returns the shape of a map as a matrix of positions by channels. */
function matrixShape({ shape }: TensorInfo): [rows: number, channels: number] {
  const channels = shape[shape.length - 1];
  return [shape.reduce((a, b) => a * b, 1) / channels, channels];
}
