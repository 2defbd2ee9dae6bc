/** Gradients of depthwise 3×3 convolutions as kernels of tfjs' wasm backend. */
import type { DepthwiseAttributes } from '../layers/depthwise.ts';
import type { LayerHost, LayerKernel } from '../layers/layer-host.ts';
import type { TrainingKernels } from './training-kernels.ts';

export function depthwiseGradients(host: LayerHost<TrainingKernels>) {
  const { kernels } = host;

  const depthwiseInputGradient: LayerKernel<DepthwiseAttributes> = (
    { dy, filter, add },
    { geometry },
    tensors,
  ) => {
    const { batch, height, width, channels } = geometry;
    const dx = tensors.output([batch, height, width, channels]);
    host.writeDepthwise(geometry);
    const scratch = host.scratch(kernels.depthwiseScratch(host.shape) >>> 0);
    kernels.depthwiseInputGradient(host.shape, ...tensors.pointers(dy, filter, dx, add), scratch);
    return dx;
  };

  const depthwiseFilterGradient: LayerKernel<DepthwiseAttributes> = (
    { x, dy },
    { geometry },
    tensors,
  ) => {
    const dw = tensors.output([3, 3, geometry.channels, 1]);
    host.writeDepthwise(geometry);
    kernels.depthwiseFilterGradient(host.shape, ...tensors.pointers(x, dy, dw));
    return dw;
  };

  return { depthwiseInputGradient, depthwiseFilterGradient };
}
