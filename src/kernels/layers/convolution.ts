/** Convolution and its gradients as kernels of tfjs' wasm backend. */
import type { ConvGeometry } from './layer-geometry.ts';
import type { LayerHost, LayerKernel } from './layer-host.ts';
import { convParts, PANEL_COLUMNS } from './parts.ts';

/**
 * The matrix that a packed filter holds; a filter is [taps · channels, filters]:
 * - `forward`: the filter itself, for the convolution;
 * - `transposed`: for the input gradient at any stride;
 * - `rotated`: taps in reverse order and each transposed, [taps · filters, channels]; at stride 1, the
 *   convolution of the output gradient with it is the input gradient.
 */
export type FilterLayout = 'forward' | 'transposed' | 'rotated';

export interface ConvAttributes {
  geometry: ConvGeometry;
}

/** Outputs are limited to [low, high]. */
export interface Limits {
  low: number;
  high: number;
}

const PANEL_STEP = 4 * PANEL_COLUMNS;

export function convolutionKernels(host: LayerHost) {
  const { kernels } = host;

  const packFilter: LayerKernel<{ layout: FilterLayout }> = (
    { filter, bias },
    { layout },
    tensors,
  ) => {
    const [kernelHeight, kernelWidth, channels, filters] = filter.shape;
    const taps = kernelHeight * kernelWidth;
    const [depth, columns] = {
      forward: [taps * channels, filters],
      transposed: [filters, taps * channels],
      rotated: [taps * filters, channels],
    }[layout];
    const packed = tensors.output([Math.ceil(columns / PANEL_COLUMNS), 1 + depth, PANEL_COLUMNS]);
    const panelBytes = PANEL_STEP * (1 + depth);
    const rowBytes = 4 * filters;
    const matrix = tensors.pointer(filter);
    const start = tensors.pointer(packed);
    const body = start + PANEL_STEP;
    kernels.packBias(start, panelBytes, tensors.pointer(bias), columns);
    if (layout === 'forward') {
      kernels.packPanels(body, panelBytes, matrix, rowBytes, depth, columns);
    } else if (layout === 'transposed') {
      kernels.packPanelsTransposed(body, panelBytes, matrix, rowBytes, depth, columns);
    } else {
      for (let tap = 0; tap < taps; tap++) {
        const target = body + tap * filters * PANEL_STEP;
        const source = matrix + (taps - 1 - tap) * channels * rowBytes;
        kernels.packPanelsTransposed(target, panelBytes, source, rowBytes, filters, channels);
      }
    }
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

  const convInputGradient: LayerKernel<ConvAttributes> = (
    { dy, filter, add },
    { geometry },
    tensors,
  ) => {
    const { batch, height, width, channels } = geometry;
    const dx = tensors.output([batch, height, width, channels]);
    const scratch = host.prepareConv(geometry);
    kernels.convInputGradient(host.shape, ...tensors.pointers(dy, filter, dx, add), scratch);
    return dx;
  };

  const convFilterGradient: LayerKernel<ConvAttributes> = ({ x, dy }, { geometry }, tensors) => {
    const { kernelHeight, kernelWidth, channels, filters } = geometry;
    const dw = tensors.output([kernelHeight, kernelWidth, channels, filters]);
    const scratch = host.prepareConv(geometry);
    kernels.convFilterGradient(host.shape, ...tensors.pointers(x, dy, dw), scratch);
    return dw;
  };

  return { packFilter, conv, convInputGradient, convFilterGradient };
}
