/**
 * MobileNetV2 1.0 (arXiv 1801.04381, table 2) with TensorFlow's SAME padding and one extra stride-2
 * block, as in SSD MobileNetV2. Batch normalization is folded; ReLU6 follows every convolution but
 * the linear bottlenecks' projections.
 */
import type { GraphBuilder } from '../builder.ts';

/** Groups of blocks: [expansion, filters, repeats, stride of the first]. */
const BLOCK_GROUPS = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
] as const;

const relu6 = { activation: 'relu6', padding: 'same' } as const;

/** Appends the backbone; returns its maps at strides 8, 16, 32 and 64. */
export function mobilenet(b: GraphBuilder): string[] {
  let channels = 32;
  let block = 0;
  let x = b.conv('stem', b.input, channels, 3, { stride: 2, ...relu6 });
  for (const [expansion, filters, repeats, firstStride] of BLOCK_GROUPS) {
    for (let i = 0; i < repeats; i++, block++) {
      const stride = i === 0 ? firstStride : 1;
      x = invertedResidual(b, `block${block}`, x, channels, filters, expansion, stride);
      channels = filters;
    }
  }
  const last = b.conv('last', x, 1280, 1, relu6);
  const reduced = b.conv('extra0.reduce', last, 256, 1, relu6);
  const extra = b.conv('extra0.conv', reduced, 512, 3, { stride: 2, ...relu6 });
  // The widest maps at strides 8 and 16 are the expansions just before the next stride.
  return ['block6.expand', 'block13.expand', last, extra];
}

function invertedResidual(
  b: GraphBuilder,
  name: string,
  input: string,
  channels: number,
  filters: number,
  expansion: number,
  stride: number,
): string {
  let x = input;
  if (expansion > 1) x = b.conv(`${name}.expand`, x, channels * expansion, 1, relu6);
  x = b.depthwise(`${name}.depthwise`, x, { stride, ...relu6 });
  x = b.conv(`${name}.project`, x, filters, 1, { padding: 'same' });
  return stride === 1 && channels === filters ? b.add(name, [input, x]) : x;
}
