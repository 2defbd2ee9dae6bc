import { describe, expect, it } from 'vitest';
import type { Layer } from '../../src/model/graph.ts';
import { presetGraph } from '../../src/model/presets.ts';
import { chooseLayout, matchTensors } from '../../src/weights/import.ts';
import {
  caffeTensors,
  torchTensors,
  type WeightFormat,
} from '../../src/weights/importers/layout.ts';
import { TORCHVISION_VGG } from '../../src/weights/importers/torch-vgg.ts';
import type { SourceTensor, SourceTensors } from '../../src/weights/weight-source.ts';
import * as tables from './layout-tables.ts';

/** A tensor whose elements are their own indices. */
function counting(shape: number[]): SourceTensor {
  const count = shape.reduce((a, b) => a * b, 1);
  return { shape, read: () => Float32Array.from({ length: count }, (_, i) => i) };
}

const holding = (...values: number[]): SourceTensor => ({
  shape: [values.length],
  read: () => Float32Array.from(values),
});

const CONV = {
  op: 'conv',
  name: 'a',
  input: 'input',
  filters: 2,
  kernel: 3,
  stride: 1,
  dilation: 1,
  padding: 1,
} as const satisfies Layer;
const DECONV = { op: 'deconv', name: 'a', input: 'input', filters: 5 } as const satisfies Layer;

/** Every kernel holds its number in the order of the table at [0, 0, 0, 0], every vector at [0]. */
function numbered(shapes: Record<string, number[]>): SourceTensors {
  return new Map(
    Object.entries(shapes).map(([name, shape], number) => {
      const read = () => {
        const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
        if (data.length > 0) data[0] = number;
        return data;
      };
      return [name, { shape, read }];
    }),
  );
}

interface Case {
  layout: string;
  format: WeightFormat;
  preset: string;
  shapes: Record<string, number[]>;
  /** Graph tensor → file tensor. */
  pairs: Record<string, string>;
  /** Tensors of the graph that the layout does not have. */
  missing?: RegExp;
  ignored?: number;
}

const CASES: Case[] = [
  {
    layout: 'torch-refinedet-vgg16',
    format: 'torch',
    preset: 'refinedet320-vgg16',
    shapes: tables.torchPort(),
    pairs: {
      'conv1_1.weight': 'vgg.0.weight',
      'conv3_3.bias': 'vgg.14.bias',
      'conv5_3.bias': 'vgg.28.bias',
      'fc7.bias': 'vgg.33.bias',
      'conv4_3_norm.weight': 'conv4_3_L2Norm.weight',
      'conv6_2.bias': 'extras.1.bias',
      'arm3.loc.bias': 'arm_loc.0.bias',
      'arm6.conf.bias': 'arm_conf.3.bias',
      'odm4.loc.bias': 'odm_loc.1.bias',
      'odm5.conf.bias': 'odm_conf.2.bias',
      'tcb3.conv1.bias': 'tcb0.0.bias',
      'tcb6.conv2.bias': 'tcb0.11.bias',
      'tcb3.up.bias': 'tcb1.0.bias',
      'tcb5.up.weight': 'tcb1.2.weight',
      'tcb4.out.bias': 'tcb2.4.bias',
    },
  },
  {
    layout: 'torch-vgg16-reducedfc',
    format: 'torch',
    preset: 'refinedet512-vgg16',
    shapes: tables.vggReduced(),
    pairs: { 'conv2_1.bias': '5.bias', 'fc6.bias': '31.bias' },
    missing: /^(conv6_|conv[45]_3_norm|arm|odm|tcb)/,
  },
  {
    layout: 'torchvision-vgg16',
    format: 'torch',
    preset: 'refinedet320-vgg16',
    shapes: tables.torchvisionVgg(),
    pairs: { 'conv4_2.bias': 'features.19.bias', 'fc7.bias': 'classifier.3.bias' },
    missing: /^(conv6_|conv[45]_3_norm|arm|odm|tcb)/,
    ignored: 2,
  },
  {
    layout: 'torchvision-resnet101',
    format: 'torch',
    preset: 'refinedet320-resnet101',
    shapes: tables.torchvisionResnet(),
    pairs: {
      'conv1.weight': 'conv1.weight',
      'conv1.variance': 'bn1.running_var',
      'res2a.branch1.gamma': 'layer1.0.downsample.1.weight',
      'res2c.branch2a.mean': 'layer1.2.bn1.running_mean',
      'res3b3.branch2b.beta': 'layer2.3.bn2.bias',
      'res4b22.branch2c.gamma': 'layer3.22.bn3.weight',
      'res5b.branch2a.beta': 'layer4.1.bn1.bias',
    },
    missing: /^(res6|arm|odm|tcb)/,
    ignored: 2 + 104,
  },
  {
    layout: 'caffe-refinedet-vgg16',
    format: 'caffe',
    preset: 'refinedet320-vgg16',
    shapes: tables.caffeVgg(),
    pairs: {
      'conv5_3_norm.weight': 'conv5_3_norm.0',
      'arm3.loc.bias': 'conv4_3_norm_mbox_loc.1',
      'arm5.conf.bias': 'fc7_mbox_conf.1',
      'odm6.conf.bias': 'P6_mbox_conf.1',
      'tcb3.up.bias': 'P4-up.1',
      'tcb5.up.bias': 'P6-up.1',
      'tcb3.out.bias': 'P3.1',
      'tcb4.conv2.bias': 'TL4_2.1',
    },
  },
  {
    layout: 'caffe-refinedet-resnet101',
    format: 'caffe',
    preset: 'refinedet512-resnet101',
    shapes: tables.caffeResnet(),
    pairs: {
      'conv1.beta': 'scale_conv1.1',
      'res4b22.branch2a.gamma': 'scale4b22_branch2a.0',
      'res6.branch1.beta': 'scale6_branch1.1',
      'tcb3.up.gamma': 'P4-up_scale.0',
      'tcb6.out.beta': 'P6_scale.1',
      'arm3.inter.branch2b.gamma': 'scaleres3b3_relu_inter_branch2b.0',
      'odm5.inter.branch1.beta': 'scaleP5_inter_branch1.1',
      'arm6.loc.bias': 'resres6_relu_inter_mbox_loc.1',
      'odm3.conf.bias': 'resP3_inter_mbox_conf.1',
    },
  },
];

describe.each(CASES)('$layout', (c) => {
  const tensors = numbered(c.shapes);
  const layout = chooseLayout(tensors, c.format, c.preset);
  const graph = presetGraph(c.preset, 20, layout.graphOptions);

  it('is recognized, and fits the graph except for its missing tensors', () => {
    expect(layout.name).toBe(c.layout);
    const { missing, mismatched, unexpected, ignored } = matchTensors(tensors, graph, layout);
    expect(mismatched).toEqual([]);
    expect(unexpected).toEqual([]);
    expect(ignored.length).toBe(c.ignored ?? 0);
    expect(missing.filter((name) => !c.missing?.test(name))).toEqual([]);
    expect(missing.length > 0).toBe(c.missing !== undefined);
  });

  it.runIf(c.format === 'torch')('is recognized in a safetensors file too', () => {
    expect(chooseLayout(tensors, 'safetensors', c.preset).name).toBe(c.layout);
  });

  it('takes every tensor from its place', () => {
    const { matched } = matchTensors(tensors, graph, layout);
    const names = Object.keys(c.shapes);
    const taken = Object.keys(c.pairs).map((name) => [name, names[matched.get(name)!.read()[0]]]);
    expect(Object.fromEntries(taken)).toEqual(c.pairs);
  });
});

describe('axes', () => {
  it('of convolutions go from OIHW to HWIO', () => {
    const { weight, bias } = torchTensors(
      CONV,
      (name) => (name === 'm.weight' ? counting([2, 4, 3, 3]) : counting([2])),
      'm',
    );
    expect(weight?.shape).toEqual([3, 3, 4, 2]);
    const data = weight!.read();
    const wrong: string[] = [];
    for (let y = 0; y < 3; y++)
      for (let x = 0; x < 3; x++)
        for (let i = 0; i < 4; i++)
          for (let o = 0; o < 2; o++) {
            const source = ((o * 4 + i) * 3 + y) * 3 + x;
            if (data[((y * 3 + x) * 4 + i) * 2 + o] !== source) wrong.push(`${y} ${x} ${i} ${o}`);
          }
    expect(wrong).toEqual([]);
    expect([...bias!.read()]).toEqual([0, 1]);
  });

  it('of deconvolutions go from IOHW to HWIO', () => {
    const { weight } = torchTensors(DECONV, () => counting([3, 5, 2, 2]), 'm');
    expect(weight?.shape).toEqual([2, 2, 3, 5]);
    const data = weight!.read();
    const wrong: string[] = [];
    for (let y = 0; y < 2; y++)
      for (let x = 0; x < 2; x++)
        for (let i = 0; i < 3; i++)
          for (let o = 0; o < 5; o++) {
            const source = ((i * 5 + o) * 2 + y) * 2 + x;
            if (data[((y * 2 + x) * 3 + i) * 5 + o] !== source) wrong.push(`${y} ${x} ${i} ${o}`);
          }
    expect(wrong).toEqual([]);
  });

  it('leave a kernel of another rank for the shape check', () => {
    const { weight } = torchTensors(CONV, () => counting([2, 36]), 'm');
    expect(weight?.shape).toEqual([2, 36]);
  });

  it('of vectors of old Caffe files are dropped', () => {
    const find = (name: string) => counting(name === 'c.0' ? [2, 4, 3, 3] : [1, 1, 1, 2]);
    expect(caffeTensors(CONV, find, { conv: 'c' }).bias?.shape).toEqual([2]);
    const wrong = (name: string) => counting(name === 'c.0' ? [2, 4, 3, 3] : [1, 2, 1, 3]);
    expect(caffeTensors(CONV, wrong, { conv: 'c' }).bias?.shape).toEqual([1, 2, 1, 3]);
  });
});

describe('batch normalization of Caffe', () => {
  const names = { conv: 'c', norm: 'n', scale: 's' };
  const tensors = (factor: number, bias?: SourceTensor) => {
    const blobs: Record<string, SourceTensor | undefined> = {
      'c.0': counting([2, 1, 1, 1]),
      'c.1': bias,
      'n.0': holding(8, -4),
      'n.1': holding(2, 6),
      'n.2': holding(factor),
      's.0': holding(1, 2),
      's.1': holding(3, 4),
    };
    const { mean, variance, gamma, beta } = caffeTensors(CONV, (name) => blobs[name], names);
    return [mean, variance, gamma, beta].map((tensor) => [...tensor!.read()]);
  };

  it('divides the sums by the scale factor', () => {
    expect(tensors(4)).toEqual([
      [2, -1],
      [0.5, 1.5],
      [1, 2],
      [3, 4],
    ]);
  });

  it('reads a factor of 0 as missing statistics', () => {
    expect(tensors(0).slice(0, 2)).toEqual([
      [0, 0],
      [0, 0],
    ]);
  });

  it('moves a bias of the convolution into the mean', () => {
    expect(tensors(4, holding(10, 20))[0]).toEqual([-8, -21]);
  });
});

it('torchvision’s fully connected layers keep every fourth neuron and a 3×3 of the 7×7 window', () => {
  const sources: Record<string, SourceTensor> = {
    'classifier.0.weight': counting([8, 2 * 49]),
    'classifier.0.bias': counting([8]),
    'classifier.3.weight': counting([8, 8]),
    'classifier.3.bias': counting([8]),
  };
  const find = (name: string) => sources[name];
  const fc6 = TORCHVISION_VGG.tensors({ ...CONV, name: 'fc6' }, find);
  expect(fc6['weight']?.shape).toEqual([3, 3, 2, 2]);
  const at = (o: number, i: number, y: number, x: number) => o * 98 + i * 49 + y * 7 + x;
  expect([...fc6['weight']!.read()].slice(0, 8)).toEqual([
    at(0, 0, 0, 0),
    at(4, 0, 0, 0),
    at(0, 1, 0, 0),
    at(4, 1, 0, 0),
    at(0, 0, 0, 3),
    at(4, 0, 0, 3),
    at(0, 1, 0, 3),
    at(4, 1, 0, 3),
  ]);
  expect(fc6['weight']!.read().at(-1)).toBe(at(4, 1, 6, 6));
  expect([...fc6['bias']!.read()]).toEqual([0, 4]);
  const fc7 = TORCHVISION_VGG.tensors({ ...CONV, name: 'fc7' }, find);
  expect(fc7['weight']?.shape).toEqual([1, 1, 2, 2]);
  expect([...fc7['weight']!.read()]).toEqual([0, 32, 4, 36]);
});
