import { beforeAll, describe, expect, it, vi } from 'vitest';
import { ANCHOR_DEFAULTS } from '../../src/anchors.ts';
import type { RefineDetError } from '../../src/errors.ts';
import type { Weights } from '../../src/model/graph.ts';
import type { Model, ModelConfig } from '../../src/model/model.ts';
import { presetGraph } from '../../src/model/presets.ts';
import {
  isModelFile,
  openModel,
  readModel,
  type StorageType,
  writeModel,
} from '../../src/weights/model-file.ts';
import {
  readSafetensors,
  type TensorWriter,
  writeSafetensors,
} from '../../src/weights/safetensors.ts';
import { randomWeights } from '../../support/models/random-weights.ts';

const config: ModelConfig = {
  preset: 'refinedet320-mobilenet',
  inputHeight: 320,
  inputWidth: 384,
  mean: [127.5, 127.5, 127.5],
  std: [127.5, 127.5, 127.5],
  channelOrder: 'RGB',
  classes: ['cat', 'Hund 🐕'],
  anchors: { ...ANCHOR_DEFAULTS, clip: true },
  decoding: {
    refineAnchors: false,
    objectnessThreshold: 0,
    boxVoting: false,
    boxVotingThreshold: 0.5,
  },
  provenance: { license: 'CC0', epochs: 3, nested: { a: [1, null] } },
};
const graph = presetGraph(config.preset, config.classes.length);
const model: Model = { config, graph, weights: randomWeights(graph, 7) };
const files: Record<StorageType, Uint8Array> = {
  f32: new Uint8Array(),
  f16: new Uint8Array(),
  int8: new Uint8Array(),
};

beforeAll(async () => {
  for (const type of ['f32', 'f16', 'int8'] as const) files[type] = await writeModel(model, type);
});

async function failure(promise: Promise<unknown>): Promise<RefineDetError> {
  return promise.then(
    () => expect.unreachable('it did not fail'),
    (error) => error,
  );
}

/** The file with other metadata; tensors as they are. */
function withMetadata(file: Uint8Array, change: (metadata: Record<string, string>) => void) {
  const { tensors, metadata } = readSafetensors(file);
  const changed = Object.fromEntries(metadata);
  change(changed);
  const writers = [...tensors].map(([name, { dtype, shape, bytes }]) => {
    const write = (target: Uint8Array) => target.set(bytes);
    return [name, { dtype, shape, write }] as const;
  });
  return writeSafetensors(new Map(writers), changed);
}

const withConfig = (change: object) =>
  withMetadata(files.f16, (metadata) => {
    metadata['config'] = JSON.stringify({ ...JSON.parse(metadata['config']), ...change });
  });

/** Largest error of each kernel relative to its largest weight, over all kernels; vectors are exact. */
function worstError(actual: Weights): number {
  let worst = 0;
  for (const [name, { data, shape }] of model.weights) {
    const other = actual.get(name)!;
    expect(other.shape).toEqual(shape);
    if (shape.length === 1) expect(other.data).toEqual(data);
    const largest = data.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
    const error = data.reduce((max, value, i) => Math.max(max, Math.abs(value - other.data[i])), 0);
    worst = Math.max(worst, error / largest);
  }
  return worst;
}

describe('an opened model', () => {
  it.each(['f32', 'f16', 'int8'] as const)('of %s has the weights of a read one', async (type) => {
    const [opened, read] = await Promise.all([openModel(files[type]), readModel(files[type])]);
    for (const [name, { data }] of read.weights) {
      expect(opened.weights.get(name)!.data).toEqual(data);
    }
  });

  it('keeps no floats of weights in 8 bits, and has their levels', async () => {
    const { weights } = await openModel(files.int8);
    const last = weights.get('last.weight')!;
    expect(last.data).not.toBe(last.data);
    expect(last.levels!.values.buffer).toBe(files.int8.buffer);
    expect((await readModel(files.int8)).weights.get('last.weight')!.levels).toBeUndefined();
  });
});

describe('round trip', () => {
  it.each([
    ['f32', 0, 4],
    ['f16', 2 ** -11, 2],
    ['int8', 0.5 / 127 + 1e-6, 1],
  ] as const)('%s keeps weights within its precision', async (type, tolerance, bytesPerWeight) => {
    const read = await readModel(files[type]);
    expect(read.config).toEqual(config);
    expect(read.graph).toEqual(graph);
    expect([...read.weights.keys()].sort()).toEqual([...model.weights.keys()].sort());
    expect(worstError(read.weights)).toBeLessThanOrEqual(tolerance);
    const count = [...model.weights.values()].reduce((sum, { data }) => sum + data.length, 0);
    expect(files[type].length / count).toBeGreaterThan(bytesPerWeight);
    expect(files[type].length / count).toBeLessThan(bytesPerWeight * 1.1 + 0.2);
  });

  it('int8 keeps small kernels in half precision, from 2^15 elements on in eight bits', async () => {
    const { tensors } = readSafetensors(files.int8);
    const kernels = [...tensors.values()].filter(({ shape }) => shape.length > 1);
    for (const { dtype, shape } of kernels) {
      const elements = shape.reduce((product, side) => product * side, 1);
      expect(dtype).toBe(elements < 2 ** 15 ? 'F16' : 'I8');
    }
    const { weights } = await readModel(files.int8);
    const small = [...weights].filter(([, { data }]) => data.length < 2 ** 15);
    expect(worstError(new Map([...model.weights, ...small]))).toBeLessThanOrEqual(2 ** -11);
  });

  it('reads files that have small kernels in eight bits', async () => {
    const { tensors, metadata } = readSafetensors(files.f32);
    const writers = new Map<string, TensorWriter>();
    for (const [name, { dtype, shape, bytes }] of tensors) {
      const write = (target: Uint8Array) => target.set(bytes);
      writers.set(name, { dtype, shape, write });
    }
    const { shape } = tensors.get('stem.weight')!;
    const write = (target: Uint8Array) => target.fill(2);
    const writeScale = (target: Uint8Array) =>
      new Float32Array(target.buffer, target.byteOffset, 32).fill(0.5);
    writers.set('stem.weight', { dtype: 'I8', shape, write });
    writers.set('stem.weight.scale', { dtype: 'F32', shape: [32], write: writeScale });
    const { checksum: _, ...rest } = Object.fromEntries(metadata);
    const { weights } = await readModel(writeSafetensors(writers, rest));
    expect(new Set(weights.get('stem.weight')!.data)).toEqual(new Set([1]));
  });

  it('gives weights that do not depend on the bytes of the file', async () => {
    const bytes = files.f32.slice();
    const { weights } = await readModel(bytes);
    const before = weights.get('stem.weight')!.data[0];
    bytes.fill(0);
    expect(weights.get('stem.weight')!.data[0]).toBe(before);
  });

  it('knows its own files', () => {
    expect(isModelFile(files.int8)).toBe(true);
    expect(isModelFile(withMetadata(files.f16, (m) => delete m['format']))).toBe(false);
    expect(isModelFile(Uint8Array.of(1, 2, 3))).toBe(false);
  });

  it.each([
    ['conv1.gamma', 'res2a.branch1.gamma'],
    ['conv1.bias', 'res2a.branch1.bias'],
  ])('takes a file with %s to need %s', async (present, needed) => {
    const write = () => {};
    const tensors = new Map([[present, { dtype: 'F32', shape: [64], write } as const]]);
    const metadata = Object.fromEntries(readSafetensors(files.f16).metadata);
    const deep = { ...config, preset: 'refinedet320-resnet101' };
    const file = writeSafetensors(tensors, {
      format: metadata['format'],
      formatVersion: metadata['formatVersion'],
      config: JSON.stringify(deep),
    });
    const error = await failure(readModel(file));
    expect(error.code).toBe('WEIGHTS_MISMATCH');
    expect(error.message).toContain(needed);
    expect(error.message).not.toContain('unexpected');
  });
});

describe('the checksum', () => {
  it('finds a changed tensor', async () => {
    const damaged = files.f16.slice();
    damaged[damaged.length - 1] ^= 1;
    expect((await failure(readModel(damaged))).code).toBe('MODEL_CHECKSUM');
  });

  it('is optional', async () => {
    const file = withMetadata(files.f16, (metadata) => delete metadata['checksum']);
    expect((await readModel(file)).config).toEqual(config);
  });

  it('is neither written nor checked without WebCrypto', async () => {
    vi.stubGlobal('crypto', undefined);
    try {
      const file = await writeModel(model, 'f16');
      expect(readSafetensors(file).metadata.has('checksum')).toBe(false);
      expect((await readModel(files.f16)).config).toEqual(config);
    } finally {
      vi.unstubAllGlobals();
    }
  });
});

describe('files that are not models', () => {
  it.each([
    ['no bytes', new Uint8Array(), 'MODEL_EMPTY'],
    ['an image', new TextEncoder().encode('\u0089PNG\r\n\u001a\n....'), 'MODEL_FORMAT'],
    ['a web page', new TextEncoder().encode('<!doctype html><html></html>'), 'MODEL_FORMAT'],
    ['other safetensors', writeSafetensors(new Map(), { format: 'pt' }), 'MODEL_METADATA'],
  ])('are refused: %s', async (_what, bytes, code) => {
    expect((await failure(readModel(bytes))).code).toBe(code);
  });

  it('are refused when cut', async () => {
    for (const part of [0.001, 0.1, 0.5, 0.999]) {
      const cut = files.int8.subarray(0, Math.floor(files.int8.length * part));
      expect((await failure(readModel(cut))).code).toBe('MODEL_CORRUPT');
    }
  });

  it('are refused when of a later format', async () => {
    const later = withMetadata(files.f16, (metadata) => {
      metadata['formatVersion'] = '2';
    });
    const error = await failure(readModel(later));
    expect(error.code).toBe('MODEL_METADATA');
    expect(error.message).toContain('version "2"');
  });

  it('are refused when the config is not JSON', async () => {
    const broken = withMetadata(files.f16, (metadata) => {
      metadata['config'] = '{';
    });
    expect((await failure(readModel(broken))).code).toBe('MODEL_METADATA');
  });

  it.each<[string, object]>([
    ['preset', { preset: 'refinedet9000' }],
    ['preset', { preset: 'toString' }],
    ['graphOptions', { graphOptions: 1 }],
    ['decoding', { decoding: [] }],
    ['objectnessThreshold', { decoding: { objectnessThreshold: 2 } }],
    ['refineAnchors', { decoding: { refineAnchors: null } }],
    ['boxVotingThreshold', { decoding: { boxVotingThreshold: -1 } }],
    ['resnetVersion', { graphOptions: { resnetVersion: 'v2' } }],
    ['tcb', { graphOptions: { tcb: 1 } }],
    ['slimWidth', { graphOptions: { slimWidth: 100 } }],
    ['slimWidth', { graphOptions: { slimWidth: 1e9 } }],
    ['inputHeight', { inputHeight: 300 }],
    ['inputHeight', { inputHeight: 0 }],
    ['inputWidth', { inputWidth: 1e9 }],
    ['inputWidth', { inputWidth: '320' }],
    ['mean', { mean: [1, 2] }],
    ['mean', { mean: [1, 2, null] }],
    ['std', { std: [1, 0, 1] }],
    ['channelOrder', { channelOrder: 'rgb' }],
    ['classes', { classes: [] }],
    ['classes', { classes: 'cat' }],
    ['classes', { classes: ['cat', 'cat'] }],
    ['classes', { classes: Array(20_000).fill('x') }],
    ['class name', { classes: ['cat', ''] }],
    ['class name', { classes: ['cat', 3] }],
    ['class name', { classes: ['cat', 'x'.repeat(300)] }],
    ['anchors', { anchors: [] }],
    ['anchors', { anchors: { sizes: [0, 1, 2, 3] } }],
    ['anchors.strides', { anchors: { strides: [8] } }],
    ['anchors.ratios', { anchors: { ratios: [1, 2] } }],
    ['provenance', { provenance: 'me' }],
  ])('are refused for their %s', async (field, change) => {
    const error = await failure(readModel(withConfig(change)));
    expect(error.code).toBe('MODEL_METADATA');
    expect(error.message).toContain(field);
    expect(error.message.length).toBeLessThan(300);
  });

  it('are refused when the tensors are for another number of classes', async () => {
    const error = await failure(readModel(withConfig({ classes: ['cat'] })));
    expect(error.code).toBe('WEIGHTS_MISMATCH');
    expect(error.message).toContain('odm3.conf.weight is [1,1,128,9] instead of [1,1,128,6]');
  });

  it.each([
    ['none', undefined],
    ['too few', [8]],
    ['a scalar', []],
  ])('are refused when the scales of an int8 tensor are %s', async (_what, scaleShape) => {
    const { tensors, metadata } = readSafetensors(files.int8);
    const writers = new Map<string, TensorWriter>();
    for (const [name, { dtype, shape, bytes }] of tensors) {
      const write = (target: Uint8Array) => target.set(bytes.subarray(0, target.length));
      if (name !== 'last.weight.scale') writers.set(name, { dtype, shape, write });
      else if (scaleShape) writers.set(name, { dtype, shape: scaleShape, write });
    }
    const { checksum: _, ...rest } = Object.fromEntries(metadata);
    const error = await failure(readModel(writeSafetensors(writers, rest)));
    expect(error.code).toBe('MODEL_CORRUPT');
    expect(error.message).toContain('last.weight');
  });
});

describe('writing refuses', () => {
  const changed = (name: string, value: number): Model => {
    const weights: Weights = new Map(model.weights);
    const { shape, data } = weights.get(name)!;
    weights.set(name, { shape, data: data.with(3, value) });
    return { ...model, weights };
  };

  it('values that are not finite', async () => {
    const error = await failure(writeModel(changed('last.weight', Number.NaN)));
    expect(error.code).toBe('INVALID_ARGUMENT');
    expect(error.message).toContain('last.weight holds NaN at index 3');
  });

  it('values beyond float16, but only in float16 kernels', async () => {
    expect((await failure(writeModel(changed('last.weight', 70000), 'f16'))).code).toBe(
      'INVALID_ARGUMENT',
    );
    const vector = await readModel(await writeModel(changed('last.bias', 70000), 'f16'));
    expect(vector.weights.get('last.bias')?.data[3]).toBe(70000);
  });

  it('a storage type that does not exist', async () => {
    const error = await failure(writeModel(model, 'f8' as never));
    expect(error.code).toBe('INVALID_OPTION');
    expect(error.message).toContain('type must be one of f32, f16, int8, not "f8"');
  });

  it('missing tensors and an invalid configuration', async () => {
    const weights: Weights = new Map(model.weights);
    weights.delete('stem.bias');
    const error = await failure(writeModel({ ...model, weights }));
    expect(error.code).toBe('WEIGHTS_MISMATCH');
    expect(error.message).toContain('stem.bias');
    const wrong = { ...model, config: { ...config, inputHeight: 100 } };
    expect((await failure(writeModel(wrong))).code).toBe('MODEL_METADATA');
  });
});
