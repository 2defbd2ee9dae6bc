/** Gradients of convolutions as kernels of tfjs' wasm backend. */
import type { ConvAttributes } from '../layers/convolution.ts';
import type { ConvGeometry } from '../layers/layer-geometry.ts';
import { type LayerHost, type LayerKernel, PANEL_STEP } from '../layers/layer-host.ts';
import type { TrainingKernels } from './training-kernels.ts';

/**
 * The matrix that a packed filter [taps · channels, filters] holds for the gradient of the input:
 * - `transposed`: for any stride;
 * - `rotated`: taps in reverse order and each transposed, [taps · filters, channels]; at stride 1, the
 *   convolution of the output gradient with it is the input gradient.
 */
export type GradientLayout = 'transposed' | 'rotated';

export function convolutionGradients(host: LayerHost<TrainingKernels>) {
  const { kernels } = host;

  const packTransposed: LayerKernel<{ layout: GradientLayout }> = (
    { filter },
    { layout },
    tensors,
  ) => {
    const [kernelHeight, kernelWidth, channels, filters] = filter.shape;
    const taps = kernelHeight * kernelWidth;
    const isRotated = layout === 'rotated';
    const columns = isRotated ? channels : taps * channels;
    const depth = isRotated ? taps * filters : filters;
    const { packed, start, body, panelBytes } = tensors.panels(columns, depth);
    const rowBytes = 4 * filters;
    const matrix = tensors.pointer(filter);
    // No bias.
    kernels.packBias(start, panelBytes, 0, columns);
    if (!isRotated) {
      kernels.packPanelsTransposed(body, panelBytes, matrix, rowBytes, depth, columns);
      return packed;
    }
    for (let tap = 0; tap < taps; tap++) {
      const target = body + tap * filters * PANEL_STEP;
      const source = matrix + (taps - 1 - tap) * channels * rowBytes;
      kernels.packPanelsTransposed(target, panelBytes, source, rowBytes, filters, channels);
    }
    return packed;
  };

  /** @returns address of scratch memory */
  const prepare = (geometry: ConvGeometry) => {
    host.writeConv(geometry);
    return host.scratch(kernels.convScratch(host.shape) >>> 0);
  };

  const convInputGradient: LayerKernel<ConvAttributes> = (
    { dy, filter, add },
    { geometry },
    tensors,
  ) => {
    const { batch, height, width, channels } = geometry;
    const dx = tensors.output([batch, height, width, channels]);
    const scratch = prepare(geometry);
    kernels.convInputGradient(host.shape, ...tensors.pointers(dy, filter, dx, add), scratch);
    return dx;
  };

  const convFilterGradient: LayerKernel<ConvAttributes> = ({ x, dy }, { geometry }, tensors) => {
    const { kernelHeight, kernelWidth, channels, filters } = geometry;
    const dw = tensors.output([kernelHeight, kernelWidth, channels, filters]);
    const scratch = prepare(geometry);
    kernels.convFilterGradient(host.shape, ...tensors.pointers(x, dy, dw), scratch);
    return dw;
  };

  return { packTransposed, convInputGradient, convFilterGradient };
}
