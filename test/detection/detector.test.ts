import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { wasmRuntime } from '../../src/backend/wasm.ts';
import { boxIou } from '../../src/boxes.ts';
import { RefineDet } from '../../src/detector.ts';
import { RefineDetError } from '../../src/errors.ts';
import {
  postprocess,
  type RawImage,
  type StageTimings,
  VOC_CLASSES,
  writeModel,
} from '../../src/index.ts';
import { RANDOM_MODEL_CLASSES, randomModel } from '../../support/models/random-model.ts';

const CAT = fileURLToPath(new URL('../../examples/cat.jpg', import.meta.url));
/** Random weights give low scores. */
const ANY = { scoreThreshold: 0.05 };

let detector: RefineDet;
beforeAll(async () => {
  detector = await RefineDet.load(randomModel(), { threads: 1 });
});
afterAll(() => detector.dispose());

describe('detect', () => {
  it('returns labeled boxes inside the image, best first', async () => {
    const detections = await detector.detect(CAT, ANY);
    expect(detections.length).toBeGreaterThan(5);
    detections.forEach(({ label, classId, score, box }, i) => {
      expect(label).toBe(RANDOM_MODEL_CLASSES[classId]);
      expect(score).toBeLessThanOrEqual(detections[i - 1]?.score ?? 1);
      expect(score).toBeGreaterThanOrEqual(ANY.scoreThreshold);
      expect(box.x).toBeGreaterThanOrEqual(0);
      expect(box.x + box.width).toBeLessThanOrEqual(451.001);
      expect(box.y + box.height).toBeLessThanOrEqual(300.001);
    });
  });

  it('finds the same in a path, a URL, bytes, pixels and a tensor', async () => {
    const expected = await detector.detect(CAT, ANY);
    const bytes = readFileSync(CAT);
    const { toRawImage } = await import('../../src/detection/image-source.ts');
    const pixels = await toRawImage(bytes);
    const rgb = tf.tensor4d(
      pixels.data as Uint8Array,
      [1, pixels.height, pixels.width, pixels.channels],
      'int32',
    );
    const tensor = tf.slice(tf.squeeze<tf.Tensor3D>(rgb, [0]), [0, 0, 0], [-1, -1, 3]);
    const copy = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
    for (const source of [new URL(`file://${CAT}`), bytes, copy, pixels, tensor]) {
      expect(await detector.detect(source, ANY)).toEqual(expected);
    }
    tf.dispose([rgb, tensor]);
  });

  it('finds the same in an image of a batch as in the image alone', async () => {
    const images = [CAT, noise(64, 100), CAT];
    const alone = await Promise.all(images.map((image) => detector.detect(image, ANY)));
    expect(await detector.detectBatch(images, ANY)).toEqual(alone);
  });

  it('reports the decoding time of each image of a batch, without the work on others', async () => {
    const images = Array.from({ length: 4 }, () => CAT);
    const decoding: number[] = [];
    let stages = 0;
    const onTimings = ({ decode, resize, network, postprocess }: StageTimings) => {
      decoding.push(decode);
      stages += decode + resize + network + postprocess;
    };
    const start = performance.now();
    await detector.detectBatch(images, { ...ANY, onTimings });
    const wall = performance.now() - start;
    expect(decoding).toHaveLength(4);
    // A JPEG file of 135,000 pixels: milliseconds, on any machine.
    expect(Math.min(...decoding)).toBeGreaterThan(0.5);
    expect(stages).toBeLessThan(wall);
  });

  it('answers concurrent calls as it does sequential ones', async () => {
    const images = Array.from({ length: 3 }, (_, i) => noise(50 + i, 80, i));
    const sequential = [];
    for (const image of images)
      sequential.push(await detector.detect(image, { ...ANY, multiScale: true }));
    const concurrent = images.map((image) => detector.detect(image, { ...ANY, multiScale: true }));
    expect(await Promise.all(concurrent)).toEqual(sequential);
  });

  it('honors each option', async () => {
    const every = { ...ANY, keepTopK: 10_000 };
    const all = await detector.detect(CAT, every);
    const some = (options: object) => detector.detect(CAT, { ...every, ...options });
    expect(await some({ maxDetections: 2 })).toEqual(all.slice(0, 2));
    expect(await some({ keepTopK: 3 })).toEqual(all.slice(0, 3));
    const isBee = ({ label }: { label: string }) => label === 'bee';
    expect(await some({ classes: ['bee'] })).toEqual(all.filter(isBee));
    expect(await some({ classes: { deny: ['bee'] } })).toEqual(all.filter((d) => !isBee(d)));
    const half = all.length >> 1;
    // Between two scores: at a score itself the last bit of the kernel's division decides.
    const middle = (all[half].score + all[half + 1].score) / 2;
    expect(await some({ scoreThreshold: middle })).toEqual(all.filter((d) => d.score >= middle));
    expect((await some({ nmsThreshold: 0.1 })).length).toBeLessThan(all.length);
    expect((await some({ agnostic: true })).length).toBeLessThan(all.length);
    expect(await some({ softNms: 'linear' })).not.toEqual(all);
    expect(await some({ boxVoting: false })).not.toEqual(all);
    expect(await some({ objectnessThreshold: 0.6 })).not.toEqual(all);
    expect(await some({ multiScale: true })).not.toEqual(all);
    expect(await some({ tiles: { size: 200 } })).not.toEqual(all);
  });

  it('reads the heads as the model was trained, unless its options say otherwise', async () => {
    const model = randomModel();
    const decoding = { refineAnchors: false, objectnessThreshold: 0.4 };
    const own = { ...model, config: { ...model.config, decoding } };
    using ablated = await RefineDet.load(await writeModel(own), { threads: 1 });
    expect(ablated.config.decoding).toEqual(decoding);
    const expected = await detector.detect(CAT, { ...ANY, ...decoding });
    expect(await ablated.detect(CAT, ANY)).toEqual(expected);
    expect(await ablated.detect(CAT, { ...ANY, refineAnchors: undefined })).toEqual(expected);
    const released = { refineAnchors: true, objectnessThreshold: 0.01 };
    const otherwise = await detector.detect(CAT, ANY);
    expect(otherwise).not.toEqual(expected);
    expect(await ablated.detect(CAT, { ...ANY, ...released })).toEqual(otherwise);
  });

  it('merges multi-scale views so that no two of a class overlap beyond the threshold', async () => {
    const options = { scoreThreshold: 0.3, nmsThreshold: 0.2, multiScale: true, boxVoting: false };
    const merged = await detector.detect(CAT, options);
    expect(merged.length).toBeGreaterThan(5);
    for (const [i, a] of merged.entries()) {
      for (const b of merged.slice(i + 1)) {
        if (a.classId === b.classId) expect(boxIou(a.box, b.box)).toBeLessThan(0.2 + 1e-5);
      }
    }
  });

  it('refuses wrong options, classes and images with a stable code', async () => {
    const cases: [unknown, object, string, RegExp][] = [
      [CAT, { scoreThreshold: 2 }, 'INVALID_OPTION', /scoreThreshold .* not 2/],
      [
        CAT,
        { nmsTreshold: 0.4 },
        'INVALID_OPTION',
        /"nmsTreshold" \(did you mean "nmsThreshold"\?\)/,
      ],
      [CAT, { classes: ['act'] }, 'UNKNOWN_CLASS', /"act"/],
      [CAT, { maxDetections: 0 }, 'INVALID_OPTION', /maxDetections/],
      [CAT, { multiScale: true, tiles: true }, 'INVALID_OPTION', /cannot be combined/],
      [CAT, { maxPixels: 1000 }, 'IMAGE_TOO_LARGE', /451×300/],
      ['/no/such.jpg', {}, 'FILE_NOT_FOUND', /\/no\/such\.jpg/],
      [new Uint8Array(0), {}, 'IMAGE_EMPTY', /empty/],
      [new Uint8Array(9), {}, 'IMAGE_FORMAT', /JPEG, PNG or WebP/],
      [
        { data: new Uint8Array(5), width: 2, height: 2, channels: 3 },
        {},
        'INVALID_ARGUMENT',
        /12 bytes, not 5/,
      ],
      [42, {}, 'INVALID_ARGUMENT', /not number/],
      [tf.zeros([4, 4]), {}, 'INVALID_ARGUMENT', /\[4, 4\]/],
    ];
    for (const [image, options, code, message] of cases) {
      const error = await detector.detect(image as string, options).catch((e) => e);
      expect(error).toMatchObject({ name: 'RefineDetError', code });
      expect(error.message).toMatch(message);
    }
  });

  it('stops when its signal fires', async () => {
    const controller = new AbortController();
    const running = detector.detect(CAT, { multiScale: true, signal: controller.signal });
    setTimeout(() => controller.abort(), 20);
    await expect(running).rejects.toMatchObject({ code: 'ABORTED' });
    await expect(detector.detect(CAT, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'ABORTED',
    });
    expect(await detector.detect(CAT, ANY)).not.toHaveLength(0);
  });
});

describe('a detector', () => {
  it('keeps tensors and heap constant, and frees them', async () => {
    const { heap } = await wasmRuntime(1);
    const image = noise(90, 70);
    const before = tf.memory().numTensors;
    const model = randomModel(64);
    const cycle = async (detections: number) => {
      const own = await RefineDet.load(model);
      for (let i = 0; i < detections; i++) await own.detect(image, ANY);
      own.dispose();
      await Promise.resolve();
    };
    await cycle(3);
    const bytes = heap.memory.buffer.byteLength;
    for (let i = 0; i < 20; i++) await cycle(2);
    const own = await RefineDet.load(model);
    const loaded = tf.memory().numTensors;
    for (let i = 0; i < 1000; i++) await own.detect(image, ANY);
    expect(tf.memory().numTensors).toBe(loaded);
    own.dispose();
    await new Promise((resolve) => setTimeout(resolve, 0));
    expect(tf.memory().numTensors).toBe(before);
    expect(heap.memory.buffer.byteLength).toBe(bytes);
  });

  it('refuses work after dispose, and finishes what had begun', async () => {
    const own = await RefineDet.load(randomModel(64));
    const expected = await own.detect(noise(64, 64), ANY);
    const running = own.detect(noise(64, 64), ANY);
    await new Promise((resolve) => setTimeout(resolve, 0));
    own.dispose();
    own.dispose();
    expect(await running).toEqual(expected);
    await expect(own.detect(CAT)).rejects.toMatchObject({ code: 'DISPOSED' });
    await expect(own.detectBatch([])).rejects.toMatchObject({ code: 'DISPOSED' });
    expect(() => own.forward(tf.zeros([1, 64, 64, 3]))).toThrow(/disposed/);
  });

  it('answers every call made before dispose, and only then frees its memory', async () => {
    const before = tf.memory().numTensors;
    const own = await RefineDet.load(randomModel(64));
    const expected = await own.detect(CAT, ANY);
    const calls = [
      own.detect(CAT, ANY), // still reading its file
      own.detectBatch([CAT, CAT], ANY),
      own.detect(CAT, { ...ANY, multiScale: true }),
    ];
    own.dispose();
    const [single, batch, views] = await Promise.all(calls);
    expect(single).toEqual(expected);
    expect(batch).toEqual([expected, expected]);
    expect(views).not.toHaveLength(0);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('loads from bytes what writeModel wrote', async () => {
    const model = randomModel(64);
    const own = await RefineDet.load(await writeModel(model, 'f32'));
    expect(own.config).toEqual(model.config);
    expect(await own.detect(CAT, ANY)).toEqual(
      await (await RefineDet.load(model)).detect(CAT, ANY),
    );
    own.dispose();
  });

  it('accepts another input size, square or not, in multiples of 64', async () => {
    const notes: string[] = [];
    const own = await RefineDet.load(randomModel(64), {
      inputSize: { width: 192, height: 64 },
      warn: (note) => notes.push(note),
    });
    expect(notes).toEqual([expect.stringMatching(/detects at 192×64, but .* trained at 64×64/)]);
    expect(own.summary().anchorsPerLevel).toEqual([8 * 24 * 3, 4 * 12 * 3, 2 * 6 * 3, 1 * 3 * 3]);
    expect(await own.detect(CAT, ANY)).not.toHaveLength(0);
    own.dispose();
    await expect(RefineDet.load(randomModel(64), { inputSize: 300 })).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringContaining('300'),
    });
  });

  it('leaves nothing behind when loading is aborted', async () => {
    const before = tf.memory().numTensors;
    const controller = new AbortController();
    const loading = RefineDet.load(randomModel(64), { signal: controller.signal });
    controller.abort();
    await expect(loading).rejects.toMatchObject({ code: 'ABORTED' });
    expect(tf.memory().numTensors).toBe(before);
  });

  it('names the shape of a wrong input of forward', () => {
    for (const shape of [
      [1, 64, 64, 1],
      [1, 60, 64, 3],
      [64, 64, 3],
      [0, 64, 64, 3],
    ]) {
      const input = tf.zeros<tf.Rank.R4>(shape as tf.Tensor4D['shape']);
      const attempt = () => detector.forward(input);
      expect(attempt).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
      expect(attempt).toThrow(`not [${shape.join(', ')}]`);
      input.dispose();
    }
  });

  it('describes the arguments that forward, detectBatch and anchors require', async () => {
    for (const nonsense of [null, undefined, 7, 'x', {}]) {
      expect(() => detector.forward(nonsense as never)).toThrow(
        expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
      );
      await expect(detector.detectBatch(nonsense as never)).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
      });
    }
    await expect(detector.detectBatch([], { topk: 3 } as never)).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringContaining('did you mean "topK"'),
    });
    await expect(detector.detectBatch([CAT, null as never])).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
    await expect(detector.detect(null as never)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringMatching(/^an image must be a path, .* not null$/),
    });
    // JavaScript knows no private constructors.
    expect(() => new (RefineDet as unknown as new () => RefineDet)()).toThrow(
      /await RefineDet\.load/,
    );
    expect(() => detector.anchors(100)).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION' }),
    );
  });

  it('returns the error of an image in its place when a batch goes on', async () => {
    const batch = [CAT, '.DS_Store', null as never, Uint8Array.of(1, 2), CAT];
    const found = await detector.detectBatch(batch, { onError: 'return' });
    const codes = found.map((result) => (result instanceof RefineDetError ? result.code : 'found'));
    expect(codes).toEqual(['found', 'FILE_NOT_FOUND', 'INVALID_ARGUMENT', 'IMAGE_FORMAT', 'found']);
    expect(found[4]).toEqual(found[0]);
    await expect(detector.detectBatch(batch)).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    const wrong = detector.detectBatch(batch, { onError: 'ignore' } as never);
    await expect(wrong).rejects.toThrow(/onError must be one of throw, return/);
    const aborted = { onError: 'return', signal: AbortSignal.abort() } as const;
    await expect(detector.detectBatch(batch, aborted)).rejects.toMatchObject({ code: 'ABORTED' });
  });

  it('returns raw heads and anchors that postprocess converts to the results of detect', async () => {
    const side = detector.config.inputWidth;
    const pixels = noise(side, side);
    const { mean, std } = detector.config;
    const values = Float32Array.from(pixels.data, (value, i) => (value - mean[i % 3]) / std[i % 3]);
    const input = tf.tensor4d(values, [1, side, side, 3]);
    const outputs = detector.forward(input);
    const heads = {
      armLoc: outputs.armLoc.dataSync<'float32'>(),
      armConf: outputs.armConf.dataSync<'float32'>(),
      odmLoc: outputs.odmLoc.dataSync<'float32'>(),
      odmConf: outputs.odmConf.dataSync<'float32'>(),
    };
    const found = await postprocess(heads, detector.anchors(), ANY);
    const expected = await detector.detect(pixels, ANY);
    expect(expected.length).toBeGreaterThan(0);
    expect(Array.from(found.scores)).toEqual(expected.map(({ score }) => expect.closeTo(score, 4)));
    tf.dispose([input, ...Object.values(outputs)]);
  });

  it('names the model in errors', async () => {
    const cases: [never, string][] = [
      ['/no/model.safetensors' as never, 'FILE_NOT_FOUND'],
      [CAT as never, 'MODEL_FORMAT'],
      [new Uint8Array(0) as never, 'MODEL_EMPTY'],
      [(await writeModel(randomModel(64))).slice(0, 5000) as never, 'MODEL_CORRUPT'],
      [VOC_CLASSES as never, 'INVALID_ARGUMENT'],
    ];
    for (const [source, code] of cases) {
      await expect(RefineDet.load(source)).rejects.toMatchObject({ code });
    }
    await expect(RefineDet.load(CAT)).rejects.toThrow(/cat\.jpg/);
  });
});

function noise(width: number, height: number, seed = 0): RawImage {
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < data.length; i++) data[i] = (i * 7919 + seed * 104729 + (i >> 3) * 31) & 255;
  return { data, width, height, channels: 3 };
}
