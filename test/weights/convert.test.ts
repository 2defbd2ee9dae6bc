import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { RefineDetError } from '../../src/errors.ts';
import { presetGraph } from '../../src/model/presets.ts';
import { convertModel, importModel } from '../../src/weights/convert-weights.ts';
import { matchTensors, requireComplete } from '../../src/weights/import.ts';
import { TORCH_PORT } from '../../src/weights/importers/torch-port.ts';
import { detectFormat, readTensors } from '../../src/weights/tensor-file.ts';
import { blob, layerV2, net } from './caffe-writer.ts';
import { torchPort } from './layout-tables.ts';
import { bytes, dict, legacyFile, storage, tensor } from './pickle-writer.ts';

const fixture = (name: string) =>
  new Uint8Array(readFileSync(new URL(`../fixtures/weights/${name}`, import.meta.url)));

function failure(run: () => unknown): RefineDetError {
  try {
    run();
  } catch (error) {
    if (error instanceof RefineDetError) return error;
    throw error;
  }
  return expect.unreachable('it did not fail');
}

const OPTIONS = { preset: 'refinedet320-vgg16', classes: ['cat'] };

/** A state_dict of scalars, enough to be recognized. */
function named(...names: string[]): Uint8Array {
  const pairs = names.map((name): [string, Uint8Array] => [
    name,
    tensor(storage('0', 1), 0, [1], [1]),
  ]);
  return legacyFile(dict(...pairs), { 0: [1] });
}

describe('formats', () => {
  it('are detected by their first bytes', () => {
    expect(detectFormat(fixture('zip-2.pth'))).toBe('torch');
    expect(detectFormat(fixture('legacy-4.pth'))).toBe('torch');
    expect(detectFormat(net(layerV2('a', blob([1], [1]))))).toBe('caffe');
    expect(detectFormat(layerV2('a', blob([1], [1])))).toBe('caffe');
  });

  it.each([
    ['JPEG', bytes(0xff, 0xd8, 0xff, 0xe0, 0)],
    ['HDF5', bytes(0x89, 'HDF\r\n')],
    ['text', bytes('hello')],
  ])('are refused when unknown: %s', (_what, data) => {
    const error = failure(() => convertModel(data, OPTIONS));
    expect(error.code).toBe('MODEL_FORMAT');
    const hex = [...data.subarray(0, 4)].map((byte) => byte.toString(16)).join(' ');
    expect(error.message).toContain(hex);
  });

  it('are refused when empty', () => {
    expect(failure(() => convertModel(new Uint8Array(), OPTIONS)).code).toBe('MODEL_EMPTY');
  });

  it('can be chosen, and an unknown one is refused', () => {
    expect(failure(() => readTensors(fixture('zip-2.pth'), 'safetensors')).code).toBe(
      'MODEL_FORMAT',
    );
    const error = failure(() => convertModel(fixture('zip-2.pth'), { ...OPTIONS, format: 'trch' }));
    expect(error.code).toBe('INVALID_OPTION');
    expect(error.message).toContain('did you mean "torch"?');
  });
});

describe('conversion', () => {
  it('refuses a pickle that could run code', () => {
    const error = failure(() => convertModel(fixture('whole-module.pth'), OPTIONS));
    expect(error.code).toBe('PICKLE_FORBIDDEN');
  });

  it('refuses an unknown preset, layout or class list', () => {
    const data = named('vgg.0.weight', 'arm_loc.0.weight', 'tcb0.0.weight');
    const code = (options: object) =>
      failure(() => convertModel(data, { ...OPTIONS, ...options })).code;
    expect(code({ preset: 'refinedet320-vgg' })).toBe('UNKNOWN_PRESET');
    expect(code({ layout: 'torch-refinedet-vgg17' })).toBe('INVALID_OPTION');
    expect(code({ layout: 'torchvision-resnet101' })).toBe('INVALID_OPTION');
    expect(code({ classes: ['cat', 'cat'] })).toBe('INVALID_OPTION');
    expect(code({ inputHeight: 100 })).toBe('INVALID_OPTION');
  });

  it('refuses tensors of an unknown layout and lists some', () => {
    const error = failure(() => convertModel(fixture('zip-2.pth'), OPTIONS));
    expect(error.code).toBe('MODEL_FORMAT');
    expect(error.message).toContain('"float32", "float16", "bfloat16"');
  });

  it('refuses a backbone, which only a training can complete', () => {
    const error = failure(() => convertModel(named('0.weight', '31.weight', '33.weight'), OPTIONS));
    expect(error.code).toBe('WEIGHTS_MISMATCH');
    expect(error.message).toContain('only a backbone');
    const { missing } = importModel(named('0.weight', '31.weight', '33.weight'), OPTIONS);
    expect(error.details).toEqual(missing.map((name) => `missing: ${name}`));
    expect(missing.length).toBeGreaterThan(50);
  });

  it('names tensors that do not fit, and all of them in the details', () => {
    const names = Array.from({ length: 12 }, (_, i) => `surprise.${i}`);
    const shapes = Object.entries({ ...torchPort(), 'odm_loc.0.bias': [13] });
    const tensors = new Map(
      [...shapes, ...names.map((name): [string, number[]] => [name, [1]])]
        .filter(([name]) => name !== 'tcb1.2.weight')
        .map(([name, shape]) => [name, { shape, read: () => new Float32Array() }]),
    );
    const fit = matchTensors(tensors, presetGraph('refinedet320-vgg16', 20), TORCH_PORT);
    const error = failure(() => requireComplete(fit, 'refinedet320-vgg16'));
    expect(error.code).toBe('WEIGHTS_MISMATCH');
    expect(error.message).toBe(
      'the weights do not fit refinedet320-vgg16: 1 missing (tcb5.up.weight); ' +
        '1 of a wrong shape (odm3.loc.bias is [13] instead of [12]); ' +
        `12 unexpected (${names
          .slice(0, 8)
          .map((name) => `"${name}"`)
          .join(', ')} and 4 more)`,
    );
    expect(error.details).toEqual(names.map((name) => `unexpected: "${name}"`));
  });

  it('lists the heads of another number of classes', () => {
    const tensors = new Map(
      Object.entries(torchPort()).map(([name, shape]) => [
        name,
        { shape, read: () => new Float32Array() },
      ]),
    );
    const graph = presetGraph('refinedet320-vgg16', 3);
    const { mismatched } = matchTensors(tensors, graph, TORCH_PORT);
    expect(mismatched.map(({ name }) => name)).toEqual(
      [3, 4, 5, 6].flatMap((level) => [`odm${level}.conf.weight`, `odm${level}.conf.bias`]),
    );
    expect(mismatched[0]).toEqual({
      name: 'odm3.conf.weight',
      shape: [3, 3, 256, 63],
      expected: [3, 3, 256, 12],
    });
  });
});

describe('importing a part', () => {
  const values = (count: number) => Array.from({ length: count }, (_, i) => i / 8);
  const caffe = net(
    layerV2('conv1_1', blob([64, 3, 3, 3], values(1728)), blob([64], values(64))),
    layerV2('fc6', blob([2], [1, 2])),
  );

  it('returns the tensors of the file and names the missing ones', () => {
    const { weights, missing, mismatched, layout, config, graph } = importModel(caffe, {
      ...OPTIONS,
      inputWidth: 512,
      provenance: { license: 'BSD' },
    });
    expect(layout).toBe('caffe-refinedet-vgg16');
    expect([...weights.keys()]).toEqual(['conv1_1.weight', 'conv1_1.bias']);
    expect([...weights.get('conv1_1.bias')!.data]).toEqual(values(64));
    expect(missing).toContain('fc6.bias');
    expect(mismatched).toEqual([{ name: 'fc6.weight', shape: [2], expected: [3, 3, 512, 1024] }]);
    expect(graph.numClasses).toBe(2);
    expect(config).toMatchObject({
      preset: 'refinedet320-vgg16',
      inputHeight: 320,
      inputWidth: 512,
      mean: [104, 117, 123],
      channelOrder: 'BGR',
      anchors: { clip: false },
      provenance: { importedFrom: 'sfzhang15/RefineDet', license: 'BSD' },
    });
  });

  it('carries the pre-processing and the anchors of the PyTorch port', () => {
    const data = named('vgg.0.weight', 'arm_loc.0.weight', 'tcb0.0.weight');
    expect(importModel(data, OPTIONS).config).toMatchObject({
      mean: [123, 117, 104],
      std: [1, 1, 1],
      channelOrder: 'RGB',
      anchors: { clip: true },
    });
  });

  it('does not keep the bytes of the file in memory', () => {
    const { weights } = importModel(caffe, OPTIONS);
    for (const { data } of weights.values()) expect(data.byteLength).toBe(data.buffer.byteLength);
  });
});

const PRETRAINED = new URL(
  '../../../shared/pretrained/ssd-mobilenetv2-oid4.safetensors',
  import.meta.url,
);

it.skipIf(!existsSync(PRETRAINED))('imports the backbone of an SSD MobileNetV2', () => {
  const result = importModel(readFileSync(PRETRAINED), {
    preset: 'refinedet320-mobilenet',
    classes: ['cat'],
  });
  expect(result.layout).toBe('ssd-mobilenetv2');
  expect(result.unexpected).toEqual([]);
  expect(result.mismatched).toEqual([]);
  expect(result.missing.filter((name) => !/^(lateral|arm|odm|tcb)/.test(name))).toEqual([]);
  expect(result.weights.size).toBe(2 * (1 + 2 + 16 * 3 + 1 + 2));
  expect(result.ignored).toContain('head5.class.bias');
  expect(result.ignored.every((name) => /^(head|extra[123])/.test(name))).toBe(true);
  expect(result.weights.get('block3.depthwise.weight')?.shape).toEqual([3, 3, 144, 1]);
  expect(result.config).toMatchObject({ channelOrder: 'RGB', std: [127.5, 127.5, 127.5] });
});
