import { beforeAll, describe, expect, it } from 'vitest';
import { anchorGrid } from '../../src/anchors.ts';
import { wasmRuntime } from '../../src/backend/wasm.ts';
import { exportOnnx, type OnnxOptions, readOnnxMetadata } from '../../src/export/index.ts';
import type { Model } from '../../src/model/model.ts';
import { PRESETS, type PresetName } from '../../src/model/presets.ts';
import { readModel, writeModel } from '../../src/weights/model-file.ts';
import { hollowModel, presetModel } from '../../support/models/preset-model.ts';
import { randomModel } from '../../support/models/random-model.ts';
import {
  expectSameHeads,
  openSession,
  randomInput,
  relativeDifference,
  runHere,
  runSession,
} from './helpers.ts';

beforeAll(() => wasmRuntime(1));

const NAMES = Object.keys(PRESETS) as PresetName[];
/** Tolerance for float32 sums in another order. */
const TOLERANCE = 1e-4;

async function runExported(model: Model, input = inputOf(model), options?: OnnxOptions) {
  const session = await openSession(exportOnnx(model, options));
  const heads = await runSession(session, input);
  await session.release();
  return heads;
}

function inputOf({ config }: Model, batch = 1) {
  return randomInput(batch, config.inputHeight, config.inputWidth);
}

/** The model with the values of some tensors changed. */
function altered(model: Model, change: (name: string, data: Float32Array) => Float32Array): Model {
  const weights = [...model.weights].map(([name, { shape, data }]) => {
    return [name, { shape, data: change(name, data) }] as const;
  });
  return { ...model, weights: new Map(weights) };
}

describe('an exported model in ONNX Runtime', () => {
  it.each(NAMES)('gives our outputs: %s', async (name) => {
    const model = presetModel(name, { inputSize: 128 });
    expectSameHeads(await runExported(model), runHere(model, inputOf(model)), TOLERANCE);
  });

  it('gives our outputs at the real size', async () => {
    const model = presetModel('refinedet320-mobilenet');
    const heads = await runExported(model);
    expect(heads.odmConf.shape).toEqual([1, 6375, 4]);
    expectSameHeads(heads, runHere(model, inputOf(model)), TOLERANCE);
  });

  it('gives our outputs without transfer connection blocks', async () => {
    const model = presetModel('refinedet320-mobilenet', {
      inputSize: 64,
      graphOptions: { tcb: false },
    });
    expectSameHeads(await runExported(model), runHere(model, inputOf(model)), TOLERANCE);
  });

  it('normalizes positions of zeros to zero, as we do', async () => {
    const model = altered(presetModel('refinedet320-vgg16', { inputSize: 64 }), (name, data) =>
      name.startsWith('conv4_3.') ? new Float32Array(data.length) : data,
    );
    const heads = await runExported(model);
    expect(heads.armConf.data.every(Number.isFinite)).toBe(true);
    expectSameHeads(heads, runHere(model, inputOf(model)), TOLERANCE);
  });

  it('accepts inputs that are not square', async () => {
    const model = randomModel(64);
    const size = { inputHeight: 64, inputWidth: 192 };
    const wide = { ...model, config: { ...model.config, ...size } };
    const heads = await runExported(model, inputOf(wide), {
      inputSize: { width: 192, height: 64 },
    });
    expectSameHeads(heads, runHere(wide, inputOf(wide)), TOLERANCE);
  });

  it('accepts several images only with dynamicBatch', async () => {
    const model = randomModel(64);
    const two = inputOf(model, 2);
    const heads = await runExported(model, two, { dynamicBatch: true });
    expect(heads.armLoc.shape[0]).toBe(2);
    expectSameHeads(heads, runHere(model, two), TOLERANCE);
    await expect(runExported(model, two)).rejects.toThrow(/dimension/i);
  });

  it('has half the size with float16 weights, and computes like a float16 model file', async () => {
    const model = randomModel(64);
    const [full, half] = [exportOnnx(model), exportOnnx(model, { dtype: 'f16' })];
    expect(half.length).toBeLessThan(0.54 * full.length);
    const rounded = await readModel(await writeModel(model, 'f16'));
    const heads = await runExported(model, undefined, { dtype: 'f16' });
    const expected = runHere(rounded, inputOf(model));
    expectSameHeads(heads, expected, TOLERANCE);
    const exact = runHere(model, inputOf(model));
    expect(relativeDifference(exact.odmLoc.data, expected.odmLoc.data)).toBeGreaterThan(TOLERANCE);
  });
});

describe('an ONNX file', () => {
  const model = randomModel(128);

  it('declares the shapes of its input and outputs', async () => {
    const session = await openSession(exportOnnx(model));
    const shapes = (list: readonly object[]) =>
      list.map((value) => (value as { shape: readonly (number | string)[] }).shape);
    const anchors = 3 * (16 * 16 + 8 * 8 + 4 * 4 + 2 * 2);
    expect(session.inputNames).toEqual(['image']);
    expect(shapes(session.inputMetadata)).toEqual([[1, 128, 128, 3]]);
    expect(session.outputNames).toEqual(['armLoc', 'armConf', 'odmLoc', 'odmConf']);
    expect(shapes(session.outputMetadata)).toEqual(
      [4, 2, 4, 4].map((width) => [1, anchors, width]),
    );
    const open = await openSession(exportOnnx(model, { dynamicBatch: true }));
    expect(shapes(open.inputMetadata)).toEqual([['batch', 128, 128, 3]]);
    await Promise.all([session.release(), open.release()]);
  });

  it('describes itself to programs that do not know this package', () => {
    const { format, preset, channelOrder, ...rest } = readOnnxMetadata(exportOnnx(model));
    expect({ format, preset, channelOrder }).toEqual({
      format: 'refinedet',
      preset: 'refinedet320-mobilenet',
      channelOrder: 'RGB',
    });
    expect(JSON.parse(rest.classes)).toEqual(['ant', 'bee', 'cat']);
    expect(JSON.parse(rest.mean)).toEqual([127.5, 127.5, 127.5]);
    expect(JSON.parse(rest.provenance)).toEqual(model.config.provenance);
    // Those of the preset.
    expect(JSON.parse(rest.decoding)).toEqual({ boxVoting: true, boxVotingThreshold: 0.7 });
    const grid = anchorGrid(JSON.parse(rest.levels), 128, 128, JSON.parse(rest.anchors));
    expect(grid.length).toBe(4 * 3 * (16 * 16 + 8 * 8 + 4 * 4 + 2 * 2));
    expect(rest.aboutBoxes).toContain('exp(t2 * v2)');
    expect(JSON.parse(rest.variances)).toEqual([0.1, 0.1, 0.2, 0.2]);
  });

  it('contains the input size it was written for', () => {
    const { inputWidth, levels } = readOnnxMetadata(exportOnnx(model, { inputSize: 64 }));
    expect([inputWidth, levels]).toEqual(['64', '[[8,8],[4,4],[2,2],[1,1]]']);
  });
});

describe('readOnnxMetadata refuses', () => {
  it.each([
    ['MODEL_EMPTY', new Uint8Array()],
    ['MODEL_CORRUPT', exportOnnx(randomModel(64)).subarray(0, -1)],
    ['MODEL_METADATA', Uint8Array.of(8, 8)],
  ])('with the code %s', (code, file) => {
    expect(() => readOnnxMetadata(file)).toThrow(expect.objectContaining({ code }));
  });
});

describe('exportOnnx refuses', () => {
  const model = randomModel(64);

  it.each([
    [{ dtyp: 'f16' }, 'unknown option "dtyp" (did you mean "dtype"?)'],
    [{ dtype: 'int8' }, 'dtype must be one of f32, f16, not "int8"'],
    [{ inputSize: 300 }, 'inputSize must be a multiple of 64 up to 4096, not 300'],
    [{ dynamicBatch: 1 }, 'dynamicBatch must be true or false, not 1'],
  ])('the options %j', (options, message) => {
    const attempt = () => exportOnnx(model, options as object);
    expect(attempt).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
    expect(attempt).toThrow(message);
  });

  it('weights that do not fit the graph', () => {
    const weights = new Map(model.weights);
    weights.delete('arm4.loc.bias');
    expect(() => exportOnnx({ ...model, weights })).toThrow(
      expect.objectContaining({ code: 'WEIGHTS_MISMATCH' }),
    );
  });

  it.each([
    ['not finite', 'f32', Number.NaN],
    ['too large for float16', 'f16', 70_000],
  ] as const)('weights that are %s', (_, dtype, value) => {
    const spoilt = altered(model, (name, data) =>
      name === 'stem.weight' ? data.with(5, value) : data,
    );
    expect(() => exportOnnx(spoilt, { dtype })).toThrow(
      `the tensor stem.weight holds ${value} at index 5`,
    );
  });

  it('files beyond 2 GiB, before it allocates memory', () => {
    const classes = Array.from({ length: 10_000 }, (_, i) => `class ${i}`);
    const large = hollowModel('refinedet320-resnet101', { classes });
    expect(() => exportOnnx(large)).toThrow(expect.objectContaining({ code: 'MODEL_TOO_LARGE' }));
    expect(() => exportOnnx(large)).toThrow(
      'the ONNX file would have 4.4 GiB; an ONNX file can have 2 GiB',
    );
  });
});
