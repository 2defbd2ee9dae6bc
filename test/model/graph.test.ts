import { describe, expect, it } from 'vitest';
import { RefineDetError } from '../../src/errors.ts';
import {
  inferShapes,
  layerInputs,
  type MaxPoolLayer,
  parameterShapes,
  poolSize,
} from '../../src/model/graph.ts';
import { PRESETS, type PresetName, presetByName, presetGraph } from '../../src/model/presets.ts';
import { summarize } from '../../src/model/summary.ts';

const NAMES = Object.keys(PRESETS) as PresetName[];

describe('preset graphs', () => {
  it('have the published anchor counts, 6,375 at 320 and 16,320 at 512, and as many an area at 192', () => {
    for (const name of NAMES) {
      const { inputSize } = PRESETS[name];
      const { anchors } = summarize(presetGraph(name, 20), inputSize, inputSize);
      expect(anchors).toBe(
        new Map<number, number>([
          [192, 2295],
          [320, 6375],
          [512, 16320],
        ]).get(inputSize),
      );
    }
  });

  it('have the published number of parameters for VGG-16 at 21 classes', () => {
    const { parameters } = summarize(presetGraph('refinedet320-vgg16', 20), 320, 320);
    expect(parameters / 1e6).toBeCloseTo(34.4, 1);
  });

  it('have light heads of another width, 128 channels by default', () => {
    const macs = (slimWidth?: number) =>
      summarize(presetGraph('refinedet320-mobilenet', 20, { slimWidth }), 320, 320).macs;
    expect(macs(128)).toBe(macs());
    expect(macs(96)).toBeLessThan(0.95 * macs());
  });

  it('keep the light preset within 1.2 GMAC at 320, also with the classes of COCO', () => {
    const { macs } = summarize(presetGraph('refinedet320-mobilenet', 80), 320, 320);
    expect(macs).toBeLessThan(1.2e9);
  });

  it('keep the nano preset within 0.3 GMAC and 1.8 million parameters', () => {
    const { macs, parameters } = summarize(presetGraph('refinedet192-nano', 20), 192, 192);
    expect(macs).toBeLessThan(0.3e9);
    expect(parameters).toBeLessThan(1.8e6);
  });

  it.each(NAMES)('%s has unique layer names and reads only earlier layers', (name) => {
    const seen = new Set<string>();
    for (const layer of presetGraph(name, 3).layers) {
      expect(seen.has(layer.name)).toBe(false);
      for (const input of layerInputs(layer)) expect(seen).toContain(input);
      seen.add(layer.name);
    }
  });

  it.each(NAMES)('%s halves every multiple of 64 to strides 8, 16, 32 and 64', (name) => {
    const graph = presetGraph(name, 5);
    for (const [height, width] of [
      [64, 64],
      [192, 320],
      [448, 128],
      [704, 576],
    ]) {
      const shapes = inferShapes(graph, height, width);
      graph.heads.odmConf.forEach((head, level) => {
        const stride = 8 * 2 ** level;
        expect(shapes.get(head)).toEqual([height / stride, width / stride, 18]);
      });
      for (const layer of graph.layers) {
        if (layer.op !== 'add') continue;
        const [a, b] = layer.inputs;
        expect(shapes.get(a)).toEqual(shapes.get(b));
      }
    }
  });

  it('follow the number of classes in the class heads only', () => {
    const few = parameterShapes(presetGraph('refinedet320-mobilenet', 1));
    const many = parameterShapes(presetGraph('refinedet320-mobilenet', 7));
    for (const [name, shape] of many) {
      if (/^odm\d\.conf\./.test(name)) expect(few.get(name)).not.toEqual(shape);
      else expect(few.get(name)).toEqual(shape);
    }
  });

  it('are refused under an unknown name, with the nearest known name', () => {
    const run = () => presetByName('refinedet320-vgg-16');
    expect(run).toThrow(RefineDetError);
    expect(run).toThrow(/"refinedet320-vgg-16" \(did you mean "refinedet320-vgg16"\?\)/);
    expect(() => presetByName('__proto__')).toThrow(/unknown preset/);
  });
});

describe('pooled size', () => {
  const pool = (size: number, stride: number, padding: number, ceil: boolean) =>
    ({ op: 'maxpool', name: 'p', input: 'x', size, stride, padding, ceil }) as MaxPoolLayer;

  it('rounds down or up', () => {
    expect(poolSize(75, pool(2, 2, 0, false))).toBe(37);
    expect(poolSize(75, pool(2, 2, 0, true))).toBe(38);
    expect(poolSize(160, pool(3, 2, 0, true))).toBe(80);
  });

  it('leaves out a last window that would start in the padding, as Caffe does', () => {
    expect(poolSize(4, pool(2, 2, 1, true))).toBe(3);
    expect(poolSize(5, pool(2, 2, 1, true))).toBe(3);
  });
});
