/**
 * ResNet-101 with one more block, res6 (RefineDet §4, "ResNet-101"; names of the Caffe release, with
 * a dot before the branch). Convolutions carry batch normalization, folded before inference.
 */
import type { GraphBuilder } from '../builder.ts';

/** Which convolution of a bottleneck strides: the 1×1 (v1, Caffe) or the 3×3 (v1.5, torchvision). */
export type ResNetVersion = 'v1' | 'v1.5';

interface BottleneckOptions {
  stride?: number;
  projection?: boolean;
  version?: ResNetVersion;
}

/** Residual bottleneck 1×1 → 3×3 → 1×1 with an identity or a projected shortcut. */
export function bottleneck(
  b: GraphBuilder,
  name: string,
  input: string,
  width: number,
  filters: number,
  { stride = 1, projection = false, version = 'v1' }: BottleneckOptions = {},
): string {
  const bn = { batchNorm: true };
  const relu = { ...bn, activation: 'relu' } as const;
  const [stride1, stride3] = version === 'v1' ? [stride, 1] : [1, stride];
  const shortcut = projection
    ? b.conv(`${name}.branch1`, input, filters, 1, { stride, ...bn })
    : input;
  let x = b.conv(`${name}.branch2a`, input, width, 1, { stride: stride1, ...relu });
  x = b.conv(`${name}.branch2b`, x, width, 3, { stride: stride3, ...relu });
  x = b.conv(`${name}.branch2c`, x, filters, 1, bn);
  return b.add(name, [shortcut, x], 'relu');
}

/** Groups of blocks: 3 and 4 number their blocks (3b1 …), the others use letters (2a …). */
const BLOCK_GROUPS = [
  { width: 64, blocks: ['res2a', 'res2b', 'res2c'] },
  { width: 128, blocks: ['res3a', ...numbered('res3b', 3)] },
  { width: 256, blocks: ['res4a', ...numbered('res4b', 22)] },
  { width: 512, blocks: ['res5a', 'res5b', 'res5c'] },
];

/** Appends the backbone; returns its maps at strides 8, 16, 32 and 64. */
export function resnet101(b: GraphBuilder, version: ResNetVersion = 'v1'): string[] {
  const sources: string[] = [];
  let x = b.conv('conv1', b.input, 64, 7, { stride: 2, batchNorm: true, activation: 'relu' });
  x = b.maxPool('pool1', x, 3, true);
  for (const [group, { width, blocks }] of BLOCK_GROUPS.entries()) {
    for (const [index, name] of blocks.entries()) {
      const stride = group > 0 && index === 0 ? 2 : 1;
      x = bottleneck(b, name, x, width, 4 * width, { stride, projection: index === 0, version });
    }
    if (group > 0) sources.push(x);
  }
  sources.push(bottleneck(b, 'res6', x, 128, 512, { stride: 2, projection: true, version }));
  return sources;
}

function numbered(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${prefix}${i + 1}`);
}
