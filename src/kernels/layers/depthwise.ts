/** Depthwise 3×3 convolution as a kernel of tfjs' wasm backend. */
import type { Limits } from './convolution.ts';
import type { DepthwiseGeometry } from './layer-geometry.ts';
import type { LayerHost, LayerKernel } from './layer-host.ts';
import { depthwiseParts } from './parts.ts';

export interface DepthwiseAttributes {
  geometry: DepthwiseGeometry;
}

export function depthwiseKernels(host: LayerHost) {
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

  return { depthwise };
}
