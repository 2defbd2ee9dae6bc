/** Depthwise 3×3 convolution and its gradients as kernels of tfjs' wasm backend. */
import type { Limits } from './convolution.ts';
import type { DepthwiseGeometry } from './layer-geometry.ts';
import type { LayerHost, LayerKernel } from './layer-host.ts';
import { depthwiseParts } from './parts.ts';

export interface DepthwiseAttributes {
  geometry: DepthwiseGeometry;
}

export function depthwiseKernels(host: LayerHost) {
  const { kernels } = host;

  const depthwise: LayerKernel<DepthwiseAttributes & Limits> = (
    { x, filter, bias },
    { geometry, low, high },
    tensors,
  ) => {
    const { batch, outHeight, outWidth, channels } = geometry;
    const y = tensors.output([batch, outHeight, outWidth, channels]);
    host.writeDepthwise(geometry);
    const maps = tensors.pointers(x, filter, y, bias);
    const parts = depthwiseParts(geometry, host.threads);
    host.run('depthwise', [host.shape, ...maps, 0, low, high], parts);
    return y;
  };

  const depthwiseInputGradient: LayerKernel<DepthwiseAttributes> = (
    { dy, filter, add },
    { geometry },
    tensors,
  ) => {
    const { batch, height, width, channels } = geometry;
    const dx = tensors.output([batch, height, width, channels]);
    const scratch = host.prepareDepthwise(geometry);
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

  return { depthwise, depthwiseInputGradient, depthwiseFilterGradient };
}
