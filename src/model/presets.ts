/** The registry of presets: one row of plain data each, and the graph of a row. */
import { didYouMean, RefineDetError } from '../errors.ts';
import type { Decoding } from '../kernels/postprocess-options.ts';
import { show } from '../option-checks.ts';
import { type MobileNetWidths, mobilenet, NANO_WIDTHS } from './backbones/mobilenet.ts';
import { resnet101 } from './backbones/resnet101.ts';
import { vgg16 } from './backbones/vgg16.ts';
import { GraphBuilder } from './builder.ts';
import type { Graph } from './graph.ts';
import type { GraphOptions } from './graph-options.ts';
import { type NeckStyle, refinedet } from './refinedet.ts';

/** Order of the color channels that the network was trained on. */
export type ChannelOrder = 'RGB' | 'BGR';

type Triple = readonly [number, number, number];

export interface Preset {
  backbone: 'vgg16' | 'resnet101' | 'mobilenet';
  neck: NeckStyle;
  /** Channels of a MobileNet; default: those of MobileNetV2 1.0. */
  widths?: MobileNetWidths;
  /** Default of the graph option of this name. */
  slimWidth?: number;
  /** Default network input, pixels a side. */
  inputSize: number;
  mean: Triple;
  std: Triple;
  channelOrder: ChannelOrder;
  /** Defaults of detection that differ from `POSTPROCESS_DEFAULTS`, those of the released code. */
  decoding?: Partial<Decoding>;
  /** Where the architecture and its pre-processing come from. */
  source: string;
}

const PAPER = 'arXiv 1711.06897, the authors’ Caffe release';
/** Caffe's pre-processing: BGR, the ImageNet mean, no scaling. */
const CAFFE = { mean: [104, 117, 123], std: [1, 1, 1], channelOrder: 'BGR' } as const;
const VGG16 = { backbone: 'vgg16', neck: 'plain', ...CAFFE, source: PAPER } as const;
const RESNET101 = { backbone: 'resnet101', neck: 'residual', ...CAFFE, source: PAPER } as const;

/** TensorFlow's pre-processing of MobileNets: RGB, scaled to -1 .. 1. */
const LIGHT = {
  backbone: 'mobilenet',
  neck: 'slim',
  inputSize: 320,
  mean: [127.5, 127.5, 127.5],
  std: [127.5, 127.5, 127.5],
  channelOrder: 'RGB',
  // Measured on VOC 2007 val with the default model: COCO AP 55.2 instead of 52.4 (models/README.md).
  decoding: { boxVoting: true, boxVotingThreshold: 0.7 },
} as const;

/** Architectures by name, with the pre-processing of each. */
export const PRESETS = {
  'refinedet320-vgg16': { ...VGG16, inputSize: 320 },
  'refinedet512-vgg16': { ...VGG16, inputSize: 512 },
  'refinedet320-resnet101': { ...RESNET101, inputSize: 320 },
  'refinedet512-resnet101': { ...RESNET101, inputSize: 512 },
  'refinedet320-mobilenet': {
    ...LIGHT,
    source: 'MobileNetV2 1.0 (arXiv 1801.04381) with a slim TCB; this package',
  },
  'refinedet192-nano': {
    ...LIGHT,
    inputSize: 192,
    widths: NANO_WIDTHS,
    source: 'MobileNetV2 (arXiv 1801.04381) with fewer channels in its last blocks; this package',
  },
} as const satisfies Record<string, Preset>;

/** A key of {@link PRESETS}. */
export type PresetName = keyof typeof PRESETS;

/**
 * Finds a preset by its name.
 * @throws UNKNOWN_PRESET
 */
export function presetByName(name: string): Preset & { name: PresetName } {
  if (typeof name !== 'string' || !Object.hasOwn(PRESETS, name)) {
    const names = Object.keys(PRESETS);
    throw new RefineDetError(
      'UNKNOWN_PRESET',
      `unknown preset ${show(name)}${didYouMean(name, names)}; there are ${names.join(', ')}`,
    );
  }
  return { name: name as PresetName, ...PRESETS[name as PresetName] };
}

/** The defaults of detection with a model: its own values before those of its preset. */
export function decodingOf({
  preset,
  decoding,
}: {
  preset: PresetName;
  decoding?: Partial<Decoding>;
}): Partial<Decoding> {
  return { ...presetByName(preset).decoding, ...decoding };
}

/**
 * Builds the layer graph of a preset. ResNet graphs carry batch normalization: fold it before inference.
 * @param numClasses object classes, without background
 */
export function presetGraph(name: string, numClasses: number, options: GraphOptions = {}): Graph {
  const { backbone, neck, widths, slimWidth } = presetByName(name);
  const b = new GraphBuilder();
  const sources = {
    vgg16: () => vgg16(b),
    resnet101: () => resnet101(b, options.resnetVersion),
    mobilenet: () => mobilenet(b, widths),
  }[backbone]();
  return refinedet(b, sources, neck, numClasses, {
    ...options,
    slimWidth: options.slimWidth ?? slimWidth,
  });
}
