/** Convolution as kernels of tfjs' wasm backend. */
import type { ConvGeometry } from './layer-geometry.ts';
import type { LayerHost, LayerKernel } from './layer-host.ts';
import { convParts } from './parts.ts';

export interface ConvAttributes {
  geometry: ConvGeometry;
}

/** Outputs are limited to [low, high]. */
export interface Limits {
  low: number;
  high: number;
}

export function convolutionKernels(host: LayerHost) {
  const { kernels } = host;

  /** A filter [taps · channels, filters] as panels. */
  const packFilter: LayerKernel<object> = ({ filter, bias }, _, tensors) => {
    const [kernelHeight, kernelWidth, channels, filters] = filter.shape;
    const depth = kernelHeight * kernelWidth * channels;
    const { packed, start, body, panelBytes } = tensors.panels(filters, depth);
    kernels.packBias(start, panelBytes, tensors.pointer(bias), filters);
    kernels.packPanels(body, panelBytes, tensors.pointer(filter), 4 * filters, depth, filters);
    return packed;
  };

  const conv: LayerKernel<ConvAttributes & Limits> = (
    { x, filter, residual },
    { geometry, low, high },
    tensors,
  ) => {
    const { batch, outHeight, outWidth, filters } = geometry;
    const y = tensors.output([batch, outHeight, outWidth, filters]);
    host.writeConv(geometry);
    const parts = convParts(geometry, kernels.convolveBlock(host.shape), host.threads);
    const maps = tensors.pointers(x, filter, y, residual);
    const args = [host.shape, ...maps, low, high, Number(parts.byPanels)] as const;
    host.run('convolve', args, parts, kernels.convolveScratch(host.shape));
    return y;
  };

  return { packFilter, conv };
}
