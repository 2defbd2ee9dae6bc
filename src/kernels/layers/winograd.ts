/** 3×3 convolution by Winograd's minimal filtering as kernels of tfjs' wasm backend. */
import type { ConvAttributes, Limits } from './convolution.ts';
import type { LayerHost, LayerKernel } from './layer-host.ts';
import { PANEL_COLUMNS, winogradParts } from './parts.ts';

/** Number of matrices of a packed filter: one for each point of a tile, 6×6. */
export const WINOGRAD_POINTS = 36;

export function winogradKernels(host: LayerHost) {
  const { kernels } = host;

  const packWinograd: LayerKernel<object> = ({ filter, bias }, _, tensors) => {
    const [, , channels, filters] = filter.shape;
    const columns = Math.ceil(filters / PANEL_COLUMNS) * PANEL_COLUMNS;
    const packed = tensors.output([1 + WINOGRAD_POINTS * channels, columns]);
    const start = tensors.pointer(packed);
    kernels.packBias(start, 4 * PANEL_COLUMNS, tensors.pointer(bias), filters);
    const body = start + 4 * columns;
    const scratch = host.scratch(kernels.winogradFilterScratch());
    kernels.winogradFilter(tensors.pointer(filter), body, channels, filters, scratch);
    return packed;
  };

  const winograd: LayerKernel<ConvAttributes & Limits> = (
    { x, filter, residual },
    { geometry, low, high },
    tensors,
  ) => {
    const { batch, outHeight, outWidth, filters } = geometry;
    const y = tensors.output([batch, outHeight, outWidth, filters]);
    host.writeConv(geometry);
    const parts = winogradParts(geometry, kernels.winogradTiles(host.shape), host.threads);
    const maps = tensors.pointers(x, filter, y, residual);
    const args = [host.shape, ...maps, low, high, Number(parts.byPanels)] as const;
    host.run('winograd', args, parts, kernels.winogradScratch(host.shape));
    return y;
  };

  return { packWinograd, winograd };
}
