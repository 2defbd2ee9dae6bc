/**
 * MobileNetV2 1.0 (arXiv 1801.04381, table 2) with TensorFlow's SAME padding and one extra stride-2
 * block, as in SSD MobileNetV2. Batch normalization is folded; ReLU6 follows every convolution but
 * the linear bottlenecks' projections.
 */
import type { GraphBuilder } from '../builder.ts';

/** Groups of blocks: [filters, repeats, stride of the first]. */
const BLOCK_GROUPS = [
  [16, 1, 1],
  [24, 2, 2],
  [32, 3, 2],
  [64, 4, 2],
  [96, 3, 1],
  [160, 3, 2],
  [320, 1, 1],
] as const;

/** Channels of the layers between the bottlenecks, whose own channels are always those of the paper. */
export interface MobileNetWidths {
  /** Filters of the stem, which block 0 reads without an expansion. */
  stem: number;
  /** Filters of the expansions of blocks 1 to 16. */
  expansions: readonly number[];
  /** Filters of the last convolution and of the two of the extra block. */
  last: number;
  extra: readonly [reduce: number, conv: number];
}

/** MobileNetV2 1.0: six times as many channels as the input of a block. */
const FULL_WIDTHS: MobileNetWidths = {
  stem: 32,
  expansions: [
    96,
    ...repeat(144, 2),
    ...repeat(192, 3),
    ...repeat(384, 4),
    ...repeat(576, 3),
    ...repeat(960, 3),
  ],
  last: 1280,
  extra: [256, 512],
};

/**
 * A third of the channels where the maps are small and the layers have most of the parameters. The
 * layers before them keep all of theirs, and with them what they have learned.
 */
export const NANO_WIDTHS: MobileNetWidths = {
  ...FULL_WIDTHS,
  expansions: FULL_WIDTHS.expansions.with(13, 224).with(14, 224).with(15, 224),
  last: 384,
  extra: [64, 192],
};

const relu6 = { activation: 'relu6', padding: 'same' } as const;

/** Appends the backbone; returns its maps at strides 8, 16, 32 and 64. */
export function mobilenet(b: GraphBuilder, widths: MobileNetWidths = FULL_WIDTHS): string[] {
  let channels = widths.stem;
  let block = 0;
  let x = b.conv('stem', b.input, channels, 3, { stride: 2, ...relu6 });
  for (const [filters, repeats, firstStride] of BLOCK_GROUPS) {
    for (let i = 0; i < repeats; i++, block++) {
      const stride = i === 0 ? firstStride : 1;
      const shape = { expansion: widths.expansions[block - 1], filters, stride };
      x = invertedResidual(b, `block${block}`, x, channels, shape);
      channels = filters;
    }
  }
  const last = b.conv('last', x, widths.last, 1, relu6);
  const reduced = b.conv('extra0.reduce', last, widths.extra[0], 1, relu6);
  const extra = b.conv('extra0.conv', reduced, widths.extra[1], 3, { stride: 2, ...relu6 });
  // The widest maps at strides 8 and 16 are the expansions just before the next stride.
  return ['block6.expand', 'block13.expand', last, extra];
}

/** @param shape `expansion`: channels inside; undefined without an expansion */
function invertedResidual(
  b: GraphBuilder,
  name: string,
  input: string,
  channels: number,
  { expansion, filters, stride }: { expansion?: number; filters: number; stride: number },
): string {
  let x = input;
  if (expansion !== undefined) x = b.conv(`${name}.expand`, x, expansion, 1, relu6);
  x = b.depthwise(`${name}.depthwise`, x, { stride, ...relu6 });
  x = b.conv(`${name}.project`, x, filters, 1, { padding: 'same' });
  // Block 0 has no shortcut, also where the stem happens to have as many channels.
  const isResidual = expansion !== undefined && stride === 1 && channels === filters;
  return isResidual ? b.add(name, [input, x]) : x;
}

function repeat(value: number, times: number): number[] {
  return new Array<number>(times).fill(value);
}
