/**
 * VGG-16 "reduced": fc6 and fc7 as (dilated) convolutions, plus conv6_1 and conv6_2
 * (RefineDet §4, "VGG-16"; layer names of the authors' Caffe release).
 */
import type { GraphBuilder } from '../builder.ts';

/** Convolutions per block and their filters; a 2×2 max-pool of the same number follows each block. */
const BLOCKS = [
  [2, 64],
  [2, 128],
  [3, 256],
  [3, 512],
  [3, 512],
] as const;

/** Appends the backbone; returns its maps at strides 8, 16, 32 and 64. */
export function vgg16(b: GraphBuilder): string[] {
  const relu = { activation: 'relu' } as const;
  const sources: string[] = [];
  let x = b.input;
  for (const [index, [repeats, filters]] of BLOCKS.entries()) {
    const block = index + 1;
    for (let i = 1; i <= repeats; i++) x = b.conv(`conv${block}_${i}`, x, filters, 3, relu);
    // conv4_3 and conv5_3 have larger activations than deeper maps: ParseNet's L2 normalization.
    if (block === 4) sources.push(b.l2norm('conv4_3_norm', x, 10));
    if (block === 5) sources.push(b.l2norm('conv5_3_norm', x, 8));
    x = b.maxPool(`pool${block}`, x, 2, block === 3);
  }
  x = b.conv('fc6', x, 1024, 3, { dilation: 3, padding: 3, ...relu });
  x = b.conv('fc7', x, 1024, 1, relu);
  sources.push(x);
  x = b.conv('conv6_1', x, 256, 1, relu);
  sources.push(b.conv('conv6_2', x, 512, 3, { stride: 2, ...relu }));
  return sources;
}
