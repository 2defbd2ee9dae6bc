import { describe, expect, it } from 'vitest';
import { HEAD_NAMES, type HeadMap } from '../../src/heads.ts';
import { createHeap, float32View } from '../../src/kernels/heap.ts';
import { loadTrainingKernels } from '../../src/kernels/training/training-kernels.ts';
import type { PartialOptions } from '../../src/option-schema.ts';
import { DetectionLoss, type LossParts } from '../../src/training/loss/detection-loss.ts';
import { type LossOptions, resolveLossOptions } from '../../src/training/loss/loss-options.ts';
import type { Truth } from '../../src/training/loss/truth.ts';
import {
  decideTargets,
  type HeadValues,
  referenceGradients,
  referenceLoss,
} from '../../support/reference/reference-loss.ts';
import {
  decideTeacherAims,
  referenceTeacherLoss,
} from '../../support/reference/reference-teacher.ts';
import {
  allocateHeads,
  randomScene,
  readHeads,
  type Scene,
  writeHeads,
} from '../../support/scenes/training-scenes.ts';

const EMPTY: Truth = {
  boxes: new Float32Array(),
  classIds: new Int32Array(),
  ignored: new Uint8Array(),
};

/** A loss with its heads and gradients in one heap. */
async function setUp(scene: Scene, options: PartialOptions<LossOptions> = {}, threaded = false) {
  const heap = createHeap({ threaded });
  const kernels = await loadTrainingKernels(heap);
  const loss = new DetectionLoss(kernels, scene.anchors, scene.classes, options);
  const pointers = allocateHeads(heap, scene.heads);
  const gradients = allocateHeads(heap, scene.heads);
  // What is there before must not matter.
  for (const name of HEAD_NAMES) {
    float32View(heap, gradients[name], scene.heads[name].length).fill(7);
  }
  return {
    heap,
    loss,
    run(truths = scene.truths, heads = scene.heads) {
      writeHeads(heap, pointers, heads);
      const parts = loss.compute(pointers, truths, gradients);
      return { parts, gradients: readHeads(heap, gradients, scene.heads) };
    },
    pointers,
  };
}

function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number) {
  let worst = 0; // stays NaN after the first NaN
  for (let i = 0; i < expected.length; i++) {
    worst = Math.max(worst, Math.abs(actual[i] - expected[i]) / (1 + Math.abs(expected[i])));
  }
  expect(worst).toBeLessThan(tolerance);
}

function expectParts(
  actual: LossParts,
  expected: Omit<LossParts, 'positives' | 'negatives' | 'teacher'>,
) {
  for (const name of [...HEAD_NAMES, 'total'] as const) {
    expect(Math.abs(actual[name] - expected[name])).toBeLessThan(1e-4 * (1 + expected[name]));
  }
}

describe.each([false, true])('the loss (shared memory: %s)', (threaded) => {
  it.each([
    ['defaults', {}],
    ['no negative anchor filtering', { objectnessThreshold: 0 }],
    ['no ARM regression', { refineAnchors: false }],
    [
      'other thresholds',
      { arm: { positive: 0.7, negative: 0.3 }, odm: { positive: 0.6, negative: 0.4 } },
    ],
    ['another mining ratio', { negativeRatio: 1.5 }],
    ['GIoU', { boxLoss: 'giou' }],
    ['DIoU', { boxLoss: 'diou' }],
    ['CIoU', { boxLoss: 'ciou' }],
    ['CIoU on plain anchors', { boxLoss: 'ciou', refineAnchors: false }],
    ['overlaps as targets', { overlapTargets: true }],
    ['overlaps as targets on plain anchors', { overlapTargets: true, refineAnchors: false }],
    ['weights', { weights: { armConf: 2, armLoc: 0.5, odmConf: 0.25, odmLoc: 3 } }],
  ] satisfies [string, PartialOptions<LossOptions>][])(
    'equals the reference with %s',
    async (_, given) => {
      const options = resolveLossOptions(given);
      for (let seed = 0; seed < 8; seed++) {
        const scene = randomScene(seed, { images: 3, classes: [1, 2, 3, 4, 7, 20, 21, 80][seed] });
        const { run } = await setUp(scene, given, threaded);
        const { parts, gradients } = run();
        const targets = decideTargets(scene.heads, scene.anchors, scene.truths, options);
        expectParts(parts, referenceLoss(scene.heads, targets, options));
        expect(parts.positives).toEqual({
          arm: targets.arm.positives.length,
          odm: targets.odm.positives.length,
        });
        expect(parts.negatives).toEqual({
          arm: targets.arm.negatives.length,
          odm: targets.odm.negatives.length,
        });
        const expected = referenceGradients(scene.heads, targets, options);
        for (const name of HEAD_NAMES) expectClose(gradients[name], expected[name], 1e-5);
      }
    },
  );

  it('has the gradient of central differences', async () => {
    const options = resolveLossOptions({
      weights: { armConf: 1, armLoc: 2, odmConf: 0.5, odmLoc: 1 },
    });
    const scene = randomScene(3, { inputSize: 32, images: 2, classes: 3 });
    const { gradients } = (await setUp(scene, options, threaded)).run();
    // Matches, mined negatives and targets do not change: no gradient flows through them.
    const targets = decideTargets(scene.heads, scene.anchors, scene.truths, options);
    expect(targets.odm.negatives.length).toBeGreaterThan(3);
    const heads = float64Heads(scene.heads);
    const step = 1e-5;
    for (const name of HEAD_NAMES) {
      const numeric = heads[name].map((value, i) => {
        const loss = [value + step, value - step].map((moved) => {
          heads[name][i] = moved;
          return referenceLoss(heads, targets, options).total;
        });
        heads[name][i] = value;
        return (loss[0] - loss[1]) / (2 * step);
      });
      expect(numeric.some((value) => value !== 0)).toBe(true);
      expectClose(gradients[name], numeric, 1e-5);
    }
  });

  it.each([true, false])(
    'learns from the heads of a teacher (refined anchors: %s)',
    async (refineAnchors) => {
      const options = resolveLossOptions({ refineAnchors, weights: { teacher: 0.7 } });
      const size = { inputSize: 32, images: 2, classes: 3 };
      const scene = randomScene(3, size);
      const teacher = randomScene(4, size).heads;
      const { heap, loss, pointers, run } = await setUp(scene, options, threaded);
      const alone = run();
      const taught = allocateHeads(heap, scene.heads);
      const teacherHeads = allocateHeads(heap, teacher);
      writeHeads(heap, teacherHeads, teacher);
      const parts = loss.evaluate(pointers, taught, alone.parts.positives, teacherHeads);
      const targets = decideTargets(scene.heads, scene.anchors, scene.truths, options);
      const aims = decideTeacherAims(scene.heads, teacher, scene.anchors, options);
      const heads = float64Heads(scene.heads);
      const expected = referenceTeacherLoss(heads, aims, targets, options);
      expect(parts.teacher).toBeGreaterThan(0);
      expect(Math.abs(parts.teacher - expected)).toBeLessThan(1e-4 * (1 + expected));
      expect(parts.total).toBeCloseTo(alone.parts.total + parts.teacher, 4);
      const step = 1e-5;
      const gradients = readHeads(heap, taught, scene.heads);
      for (const name of HEAD_NAMES) {
        const added = gradients[name].map((value, i) => value - alone.gradients[name][i]);
        const numeric = heads[name].map((value, i) => {
          const [after, before] = [value + step, value - step].map((moved) => {
            heads[name][i] = moved;
            return referenceTeacherLoss(heads, aims, targets, options);
          });
          heads[name][i] = value;
          return (after - before) / (2 * step);
        });
        expect(numeric.some((value) => value !== 0)).toBe(true);
        expectClose(added, numeric, 1e-5);
      }
    },
  );

  it('is the same in two halves that share a normalizer', async () => {
    const scene = randomScene(5, { images: 4 });
    const whole = await setUp(scene, {}, threaded);
    const expected = whole.run();
    const halves = await Promise.all(
      [0, 1].map(async (half) => {
        const part = sliceScene(scene, 2 * half, 2 * half + 2);
        const worker = await setUp(part, {}, threaded);
        writeHeads(worker.heap, worker.pointers, part.heads);
        return { ...worker, part, local: worker.loss.match(worker.pointers, part.truths) };
      }),
    );
    const positives = {
      arm: halves[0].local.arm + halves[1].local.arm,
      odm: halves[0].local.odm + halves[1].local.odm,
    };
    const results = halves.map(({ heap, loss, pointers, part }) => {
      const gradients = allocateHeads(heap, part.heads);
      const parts = loss.evaluate(pointers, gradients, positives);
      return { parts, gradients: readHeads(heap, gradients, part.heads) };
    });
    for (const name of HEAD_NAMES) {
      expect(results[0].parts[name] + results[1].parts[name]).toBeCloseTo(expected.parts[name], 6);
      const joined = [...results[0].gradients[name], ...results[1].gradients[name]];
      expect(joined).toEqual([...expected.gradients[name]]);
    }
  });

  it('is zero, with zero gradients, when nothing matches', async () => {
    const scene = randomScene(6);
    const { run } = await setUp(scene, {}, threaded);
    const ignored = scene.truths.map((truth) => ({
      ...truth,
      ignored: truth.ignored.map(() => 1),
    }));
    for (const truths of [[EMPTY, EMPTY], ignored]) {
      const { parts, gradients } = run(truths);
      expect(parts).toEqual({
        armConf: 0,
        armLoc: 0,
        odmConf: 0,
        odmLoc: 0,
        teacher: 0,
        total: 0,
        positives: { arm: 0, odm: 0 },
        negatives: { arm: 0, odm: 0 },
      });
      for (const name of HEAD_NAMES)
        expect(gradients[name].every((value) => value === 0)).toBe(true);
    }
  });

  it.each(HEAD_NAMES)('is NaN when %s is not finite anywhere', async (name) => {
    const scene = randomScene(7);
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      for (const at of [0, 5, scene.heads[name].length - 1]) {
        const heads = { ...scene.heads, [name]: scene.heads[name].slice() };
        heads[name][at] = bad;
        const { run } = await setUp(scene, {}, threaded);
        const { parts } = run([scene.truths[0], EMPTY], heads);
        expect(parts[name]).toBeNaN();
        expect(parts.total).toBeNaN();
        expect(run().parts.total).toBeGreaterThan(0);
      }
    }
  });

  it('stays finite for logits of any finite size', async () => {
    const scene = randomScene(8);
    const { run } = await setUp(scene, {}, threaded);
    const huge = { ...scene.heads };
    for (const name of ['armConf', 'odmConf'] as const) {
      huge[name] = scene.heads[name].map((value) => 1e4 * value);
    }
    const { parts, gradients } = run(scene.truths, huge);
    expect(parts.total).toBeGreaterThan(0);
    expect(parts.total).toBeLessThan(Number.POSITIVE_INFINITY);
    for (const name of HEAD_NAMES) expect(gradients[name].every(Number.isFinite)).toBe(true);
  });

  it('does not let the heap grow after the first batches', async () => {
    const scene = randomScene(9, { images: 4 });
    const { heap, run } = await setUp(scene, {}, threaded);
    run();
    const size = heap.memory.buffer.byteLength;
    for (let seed = 0; seed < 20; seed++) {
      run(randomScene(seed, { images: 4 }).truths);
      run(randomScene(seed, { images: 2 }).truths);
    }
    expect(heap.memory.buffer.byteLength).toBe(size);
  });
});

describe('DetectionLoss', () => {
  it('computes the loss without gradients too', async () => {
    const scene = randomScene(1);
    const { run, loss, pointers } = await setUp(scene);
    const { parts } = run();
    expect(loss.compute(pointers, scene.truths)).toEqual(parts);
  });

  it('mines nothing that overlaps a box above the negative threshold', async () => {
    const scene = randomScene(2, { images: 1 });
    const options: PartialOptions<LossOptions> = { arm: { positive: 0.9, negative: 0 } };
    const { parts } = (await setUp(scene, options)).run();
    expect(parts.positives.arm).toBeGreaterThan(0);
    expect(parts.negatives.arm).toBe(0);
  });

  it('frees its memory', async () => {
    const scene = randomScene(1);
    const { heap, loss, run } = await setUp(scene);
    run();
    loss.dispose();
    const size = heap.memory.buffer.byteLength;
    for (let i = 0; i < 10; i++) {
      const again = new DetectionLoss(loss.kernels, scene.anchors, scene.classes);
      const pointers = allocateHeads(heap, scene.heads);
      again.compute(pointers, scene.truths);
      for (const name of HEAD_NAMES) heap.free(pointers[name]);
      again.dispose();
    }
    expect(heap.memory.buffer.byteLength).toBe(size);
  });

  it('rejects boxes of unknown classes and arrays that do not match', async () => {
    const scene = randomScene(1, { images: 1 });
    const { run } = await setUp(scene);
    const error = expect.objectContaining({ code: 'INVALID_ARGUMENT' });
    const box = { boxes: Float32Array.of(0, 0, 1, 1), ignored: Uint8Array.of(0) };
    expect(() => run([{ ...box, classIds: Int32Array.of(4) }])).toThrow(error);
    expect(() => run([{ ...box, classIds: Int32Array.of(-1) }])).toThrow('a box has class -1');
    expect(() => run([{ ...box, classIds: Int32Array.of(0, 1) }])).toThrow(
      '2 boxes must have 8 coordinates and 2 flags, not 4 and 1',
    );
  });

  it.each([
    [
      { arm: { positive: 0.5, negative: 0.6 } },
      'loss.arm.negative must be at most loss.arm.positive (0.5), not 0.6',
    ],
    [
      { odm: { positive: 1.5, negative: 0.5 } },
      'loss.odm.positive must be a number from 0 to 1, not 1.5',
    ],
    [{ objectnessThreshold: 1 }, 'objectnessThreshold must be'],
    [{ negativeRatio: Number.NaN }, 'negativeRatio must be a number from 0, not NaN'],
    [
      { weights: { armConf: -1, armLoc: 1, odmConf: 1, odmLoc: 1 } },
      'loss.weights.armConf must be',
    ],
  ] satisfies [PartialOptions<LossOptions>, string][])('refuses %j', (options, message) => {
    const attempt = () => resolveLossOptions(options);
    expect(attempt).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
    expect(attempt).toThrow(message);
  });
});

function float64Heads(heads: HeadValues): HeadMap<Float64Array> {
  return {
    armLoc: Float64Array.from(heads.armLoc),
    armConf: Float64Array.from(heads.armConf),
    odmLoc: Float64Array.from(heads.odmLoc),
    odmConf: Float64Array.from(heads.odmConf),
  };
}

function sliceScene(scene: Scene, from: number, to: number): Scene {
  const images = scene.truths.length;
  const slice = (values: Float32Array) =>
    values.slice((values.length / images) * from, (values.length / images) * to);
  const { armLoc, armConf, odmLoc, odmConf } = scene.heads;
  return {
    ...scene,
    heads: {
      armLoc: slice(armLoc),
      armConf: slice(armConf),
      odmLoc: slice(odmLoc),
      odmConf: slice(odmConf),
    },
    truths: scene.truths.slice(from, to),
  };
}
