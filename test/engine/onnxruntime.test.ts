import { availableParallelism } from 'node:os';
import { afterEach, describe, expect, it } from 'vitest';
import { onnxruntime } from '../../src/engine/onnxruntime.ts';
import {
  type Detection,
  type DetectOptions,
  type LoadOptions,
  type Model,
  type ModelSource,
  RefineDet,
} from '../../src/index.ts';
import { startPool } from '../../src/pool/create-pool.ts';
import { presetModel } from '../../support/models/preset-model.ts';
import { randomModel } from '../../support/models/random-model.ts';
import { startSourceWorker } from '../../support/node-workers.ts';
import { hasOnnxruntime } from '../../support/onnxruntime.ts';

const IMAGES = ['examples/cat.jpg', 'examples/astronaut.jpg', 'docs/photos/rocket.jpg'];
const CAT = IMAGES[0];
const SIDES = ['x', 'y', 'width', 'height'] as const;
/** Many weak detections, so that small differences show. */
const MANY = { scoreThreshold: 0.05 };

const loaded: RefineDet[] = [];
afterEach(() => {
  for (const detector of loaded.splice(0)) detector.dispose();
});

async function load(model: ModelSource | undefined, options: LoadOptions): Promise<RefineDet> {
  const detector = await RefineDet.load(model, { threads: 1, compute: 'float32', ...options });
  loaded.push(detector);
  return detector;
}

/** A random ResNet with logits of a trained model's magnitude: its sums of residuals grow to thousands. */
function resnet(): Model {
  const model = presetModel('refinedet320-resnet101', { inputSize: 64 });
  for (const [name, { data }] of model.weights) {
    if (!/\.(loc|conf)\.weight$/.test(name)) continue;
    for (const i of data.keys()) data[i] /= 20_000;
  }
  return model;
}

/** The same objects in any order, within 1e-4 of the score and 0.1 pixels. */
function expectSame(found: readonly Detection[], expected: readonly Detection[]): void {
  expect(found).toHaveLength(expected.length);
  const left = [...found];
  for (const { label, score, box } of expected) {
    const same = left.findIndex(
      (one) =>
        one.label === label &&
        Math.abs(one.score - score) < 1e-4 &&
        SIDES.every((side) => Math.abs(one.box[side] - box[side]) < 0.1),
    );
    expect(same, `${label} ${score} ${JSON.stringify(box)}`).toBeGreaterThanOrEqual(0);
    left.splice(same, 1);
  }
}

describe.skipIf(!hasOnnxruntime)('refinedet/onnxruntime', () => {
  const random = () => randomModel(64);
  it.each<[string, () => ModelSource | undefined, DetectOptions]>([
    ['the default model', () => undefined, { scoreThreshold: 0.1 }],
    ['MobileNetV2', random, MANY],
    ['VGG-16', () => presetModel('refinedet320-vgg16', { inputSize: 64 }), MANY],
    ['ResNet-101', resnet, MANY],
    [
      'multi-scale testing',
      () => undefined,
      { scoreThreshold: 0.1, multiScale: { scales: [0.6, 1] } },
    ],
    ['tiles', random, { ...MANY, tiles: true }],
  ])('detects the same as wasm: %s', async (_, model, options) => {
    const wasm = await load(model(), { backend: 'wasm' });
    const native = await load(model(), { backend: onnxruntime });
    expect([native.backend, native.compute, native.threads]).toEqual(['onnxruntime', 'float32', 1]);
    const expected = await wasm.detectBatch(IMAGES, options);
    const found = await native.detectBatch(IMAGES, options);
    // Not in every image: what the default model finds in a rocket depends on its training.
    expect(expected[0].length).toBeGreaterThan(0);
    for (const [i, detections] of found.entries()) expectSame(detections, expected[i]);
    expectSame(await native.detect(CAT, options), expected[0]);
  });

  it('is chosen by its name too', async () => {
    const native = await load(randomModel(64), { backend: 'onnxruntime' });
    expect(native.backend).toBe('onnxruntime');
    const expected = await (await load(randomModel(64), {})).detect(CAT, MANY);
    expect(expected.length).toBeGreaterThan(0);
    expectSame(await native.detect(CAT, MANY), expected);
  });

  it('takes the number of threads from load, unless options of ONNX Runtime give it', async () => {
    expect((await load(randomModel(64), { backend: onnxruntime, threads: 2 })).threads).toBe(2);
    const backend = onnxruntime({ intraOpNumThreads: 3, executionProviders: ['cpu'] });
    const native = await load(randomModel(64), { backend, threads: 2 });
    expect(native.threads).toBe(3);
    expect((await native.detect(CAT, MANY)).length).toBeGreaterThan(0);
  });

  it.each([
    [0, availableParallelism()],
    [undefined, 2],
  ])('has threads with intraOpNumThreads %s too', async (intraOpNumThreads, threads) => {
    const options = { intraOpNumThreads } as { intraOpNumThreads: number };
    const native = await load(randomModel(64), { backend: onnxruntime(options), threads: 2 });
    expect(native.threads).toBe(threads);
    expect((await native.detect(CAT, MANY)).length).toBeGreaterThan(0);
    native.dispose();
    expect(native.threads).toBe(0);
  });

  it('hands execution providers over', async () => {
    const unknown = onnxruntime({ executionProviders: ['abacus'] });
    await expect(load(randomModel(64), { backend: unknown })).rejects.toMatchObject({
      code: 'BACKEND_UNAVAILABLE',
      message: expect.stringMatching(/^cannot use onnxruntime: .*abacus/),
    });
    expect(() => onnxruntime('cuda' as never)).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION' }),
    );
  });

  it('is timed against wasm when the choice is automatic, also with options', async () => {
    for (const gpu of [[], [onnxruntime({ intraOpNumThreads: 1 })]]) {
      const notes: string[] = [];
      const info = (note: string) => notes.push(note);
      const detector = await load(randomModel(64), { backend: 'auto', gpu, info });
      expect(notes).toEqual([expect.stringMatching(/^refinedet runs on \w+: .* an image$/)]);
      expect(notes[0]).toMatch(/wasm [\d.]+ ms/);
      expect(notes[0].match(/onnxruntime [\d.]+ ms/g)).toHaveLength(1);
      expect(['wasm', 'onnxruntime']).toContain(detector.backend);
    }
  });

  it('is left out of the choice, but not when it is named, where it refuses the weights', async () => {
    const broken = randomModel(64);
    broken.weights.get('odm3.conf.weight')!.data[0] = Number.NaN;
    const notes: string[] = [];
    const info = (note: string) => notes.push(note);
    const detector = await load(broken, { backend: 'auto', info });
    expect(detector.backend).toBe('wasm');
    expect(notes).toEqual([
      expect.stringMatching(/^refinedet leaves onnxruntime out: .*NaN.* \[INVALID_ARGUMENT\]$/),
      expect.stringMatching(/^refinedet runs on wasm: wasm [\d.]+ ms an image$/),
    ]);
    for (const options of [{ backend: onnxruntime }, { gpu: [onnxruntime] }]) {
      await expect(load(broken, options)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    }
  });

  it('computes in float32 only, and has no tensors of tfjs', async () => {
    const options = { backend: onnxruntime, compute: 'int8' } as const;
    await expect(load(randomModel(64), options)).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: 'compute: "int8" needs the wasm backend, not onnxruntime',
    });
    const native = await load(randomModel(64), { backend: onnxruntime });
    const input = { shape: [1, 64, 64, 3] } as never;
    expect(() => native.forward(input)).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION' }),
    );
  });

  it('answers concurrent calls as it does sequential ones, and stops at an abort', async () => {
    const native = await load(randomModel(64), { backend: onnxruntime });
    const options = { ...MANY, multiScale: { scales: [1, 2] } };
    const sequential: Detection[][] = [];
    for (const image of IMAGES) sequential.push(await native.detect(image, options));
    const concurrent = IMAGES.map((image) => native.detect(image, options));
    expect(await Promise.all(concurrent)).toEqual(sequential);
    const stop = new AbortController();
    const stopped = native.detect(CAT, { ...options, signal: stop.signal });
    stop.abort();
    await expect(stopped).rejects.toMatchObject({ code: 'ABORTED' });
    expect(await native.detect(IMAGES[2], options)).toEqual(sequential[2]);
  });

  it('finishes running calls before it is disposed', async () => {
    const native = await load(randomModel(64), { backend: onnxruntime, threads: 2 });
    expect(native.heapBytes).toBeGreaterThan(65536);
    const expected = await native.detect(CAT, MANY);
    const last = native.detect(CAT, MANY);
    native.dispose();
    expect(await last).toEqual(expected);
    expect([native.threads, native.heapBytes]).toEqual([0, 0]);
    await expect(native.detect(CAT)).rejects.toMatchObject({ code: 'DISPOSED' });
  });

  it.each([
    ['its name', 'onnxruntime' as const, 2],
    ['options', onnxruntime({ intraOpNumThreads: 3 }), 6],
  ])('runs in the workers of a pool, given by %s', async (_, backend, threads) => {
    const wasm = await load(randomModel(64), {});
    const start = () => startSourceWorker('pool/node-pool-worker');
    const pool = await startPool(randomModel(64), { backend, workers: 2, threads: 1 }, start);
    try {
      expect([pool.backend, pool.threads]).toEqual(['onnxruntime', threads]);
      const expected = await wasm.detectBatch(IMAGES, MANY);
      const found = await pool.detectBatch(IMAGES, MANY);
      for (const detections of expected) expect(detections.length).toBeGreaterThan(0);
      for (const [i, detections] of found.entries()) expectSame(detections, expected[i]);
    } finally {
      await pool.dispose();
    }
  });
});
