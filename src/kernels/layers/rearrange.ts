/** 2×2 rearrangement as a kernel of tfjs' wasm backend. */
import type { LayerHost, LayerKernel } from './layer-host.ts';
import { lineParts } from './parts.ts';

export function rearrangeKernels(host: LayerHost) {
  const depthToSpace: LayerKernel<object> = ({ x }, _, tensors) => {
    const [batch, height, width, channels] = x.shape;
    const filters = channels / 4;
    const y = tensors.output([batch, 2 * height, 2 * width, filters]);
    const parts = lineParts(batch * height, width * channels, host.threads);
    host.run('depthToSpace', [...tensors.pointers(x, y), width, filters], parts);
    return y;
  };

  return { depthToSpace };
}
