/**
 * RefineDet on any backbone that yields maps at strides 8, 16, 32 and 64 (paper §3): anchor
 * refinement heads (ARM) on the backbone maps, transfer connection blocks (TCB) from the deepest map
 * up, detection heads (ODM) on the transferred maps.
 */
import type { HeadMap } from '../heads.ts';
import { bottleneck } from './backbones/resnet101.ts';
import type { GraphBuilder } from './builder.ts';
import type { Graph } from './graph.ts';
import type { GraphOptions } from './graph-options.ts';

/** Levels are named after the paper's C3..C6 / P3..P6: stride 2^level. */
export const LEVELS = [3, 4, 5, 6] as const;
/** Ratios 1, 2 and 1/2 at one scale per level. */
export const ANCHORS_PER_CELL = 3;

/**
 * - `plain`: 3×3 head convolutions and a 256-channel TCB (the released VGG-16 models);
 * - `residual`: the same with batch normalization in the TCB and one bottleneck before each pair of
 *   heads (the released ResNet-101 models);
 * - `slim`: few channels, depthwise 3×3 and pointwise convolutions (ours, for light backbones).
 */
export type NeckStyle = 'plain' | 'residual' | 'slim';

/** Channels of P3..P6. */
const TCB_FILTERS = 256;
/** Bottleneck before the heads of the released ResNet models. */
const INTER_WIDTH = 256;
const INTER_FILTERS = 1024;

/**
 * Builds a detector on a backbone.
 * @param sources names of C3..C6
 * @param numClasses object classes, without background
 * @param options `tcb` and `slimWidth`
 */
export function refinedet(
  b: GraphBuilder,
  sources: readonly string[],
  style: NeckStyle,
  numClasses: number,
  { tcb = true, slimWidth }: GraphOptions = {},
): Graph {
  const heads: HeadMap<string[]> = { armLoc: [], armConf: [], odmLoc: [], odmConf: [] };
  const { lateral, transfer, head } = style === 'slim' ? slimNeck(slimWidth) : NECKS[style];
  const features = sources.map((source, i) => lateral(b, LEVELS[i], source));
  for (const [i, level] of LEVELS.entries()) {
    const [loc, conf] = head(b, `arm${level}`, features[i], 2);
    heads.armLoc.push(loc);
    heads.armConf.push(conf);
  }
  const transferred = [...features];
  let deeper: string | undefined;
  for (let i = LEVELS.length - 1; tcb && i >= 0; i--) {
    deeper = transfer(b, `tcb${LEVELS[i]}`, features[i], deeper);
    transferred[i] = deeper;
  }
  for (const [i, level] of LEVELS.entries()) {
    const [loc, conf] = head(b, `odm${level}`, transferred[i], numClasses + 1);
    heads.odmLoc.push(loc);
    heads.odmConf.push(conf);
  }
  return b.graph(heads, ANCHORS_PER_CELL, numClasses + 1);
}

interface Neck {
  /** What the ARM heads and the TCB read at a level. */
  lateral(b: GraphBuilder, level: number, source: string): string;
  /** Makes P(level) from the lateral map and the deeper P, if any. */
  transfer(b: GraphBuilder, name: string, input: string, deeper?: string): string;
  /** Appends a location and a class-score convolution. */
  head(b: GraphBuilder, name: string, input: string, scores: number): [loc: string, conf: string];
}

/** The TCB of paper §3, "Transfer Connection Block"; the deepest level has nothing to add. */
function denseTransfer(batchNorm: boolean): Neck['transfer'] {
  const bn = batchNorm && { batchNorm };
  return (b, name, input, deeper) => {
    const relu = { activation: 'relu', ...bn } as const;
    let x = b.conv(`${name}.conv1`, input, TCB_FILTERS, 3, relu);
    if (deeper === undefined) {
      x = b.conv(`${name}.conv2`, x, TCB_FILTERS, 3, relu);
    } else {
      x = b.conv(`${name}.conv2`, x, TCB_FILTERS, 3, { ...bn });
      const up = b.deconv(`${name}.up`, deeper, TCB_FILTERS, batchNorm);
      x = b.add(`${name}.sum`, [x, up], 'relu');
    }
    return b.conv(`${name}.out`, x, TCB_FILTERS, 3, relu);
  };
}

function headPair(kernel: 1 | 3): Neck['head'] {
  return (b, name, input, scores) => [
    b.conv(`${name}.loc`, input, ANCHORS_PER_CELL * 4, kernel),
    b.conv(`${name}.conf`, input, ANCHORS_PER_CELL * scores, kernel),
  ];
}

const NECKS: Record<Exclude<NeckStyle, 'slim'>, Neck> = {
  plain: { lateral: (_, __, source) => source, transfer: denseTransfer(false), head: headPair(3) },
  residual: {
    lateral: (_, __, source) => source,
    transfer: denseTransfer(true),
    head(b, name, input, scores) {
      const projected = { projection: true };
      const inter = bottleneck(b, `${name}.inter`, input, INTER_WIDTH, INTER_FILTERS, projected);
      return headPair(3)(b, name, inter, scores);
    },
  },
};

/** Depthwise and pointwise convolutions of `width` channels. */
function slimNeck(width = 128): Neck {
  const relu = { activation: 'relu6' } as const;
  return {
    lateral(b, level, source) {
      const x = b.conv(`lateral${level}.reduce`, source, width, 1, relu);
      return b.depthwise(`lateral${level}.depthwise`, x, relu);
    },
    transfer(b, name, input, deeper) {
      let x = b.conv(`${name}.conv1`, input, width, 1, deeper ? {} : relu);
      if (deeper) {
        const up = b.deconv(`${name}.up`, deeper, width);
        x = b.add(`${name}.sum`, [x, up], 'relu6');
      }
      x = b.depthwise(`${name}.depthwise1`, x, relu);
      x = b.conv(`${name}.conv2`, x, width, 1, relu);
      return b.depthwise(`${name}.depthwise2`, x, relu);
    },
    head: headPair(1),
  };
}
