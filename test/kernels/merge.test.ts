import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Candidates, mergeDetections } from '../../src/kernels/merge-detections.ts';
import type { Kernels } from '../../src/kernels/module.ts';
import {
  type PostprocessOptions,
  resolvePostprocessOptions,
} from '../../src/kernels/postprocess-options.ts';
import { ReferencePostprocessor } from '../../support/reference/reference-postprocess.ts';
import { BUILDS, expectDetections, freshKernels } from './helpers.ts';

const CLASSES = 3;

type Candidate = readonly [box: readonly number[], score: number, classId?: number];

function columns(list: readonly Candidate[]): Candidates {
  return {
    boxes: Float32Array.from(list.flatMap(([box]) => box)),
    scores: Float32Array.from(list, ([, score]) => score),
    classIds: Int32Array.from(list, ([, , classId = 0]) => classId),
  };
}

// Few distinct coordinates and scores: equal scores, touching, equal and nested boxes are common,
// and so are boxes that are empty, inverted or outside the image. All are exact in f32.
const coordinate = fc.integer({ min: -8, max: 40 }).map((n) => n / 32);
const cornerBox = fc
  .tuple(coordinate, coordinate, fc.integer({ min: -1, max: 24 }), fc.integer({ min: -1, max: 24 }))
  .map(([x, y, w, h]) => [x, y, x + w / 32, y + h / 32]);
const hostile = fc.constantFrom(NaN, Infinity, -Infinity, 3.4e38, -3.4e38, 1e-30);
const hostileBox = fc
  .tuple(cornerBox, fc.integer({ min: 0, max: 3 }), hostile)
  .map(([box, at, value]) => box.with(at, value));
const candidates = fc
  .array(
    fc.tuple(
      fc.oneof({ weight: 9, arbitrary: cornerBox }, { weight: 1, arbitrary: hostileBox }),
      fc.oneof(
        { weight: 9, arbitrary: fc.integer({ min: 0, max: 16 }).map((n) => n / 16) },
        { weight: 1, arbitrary: hostile },
      ),
      fc.integer({ min: 0, max: CLASSES - 1 }),
    ),
    { maxLength: 70 },
  )
  .map(columns);

const fraction = fc.integer({ min: 0, max: 20 }).map((n) => n / 20);
const options = fc.record(
  {
    scoreThreshold: fraction,
    nmsThreshold: fraction,
    agnostic: fc.boolean(),
    topK: fc.integer({ min: 1, max: 30 }),
    keepTopK: fc.integer({ min: 1, max: 60 }),
    softNmsThreshold: fraction,
    boxVotingThreshold: fraction,
    classMask: fc.uint8Array({ minLength: CLASSES, maxLength: CLASSES, max: 1 }),
  },
  { requiredKeys: [] },
);

describe.each(BUILDS)('mergeDetections ($build)', ({ threaded }) => {
  let kernels: Kernels;
  beforeAll(async () => {
    kernels = await freshKernels(threaded);
  });

  function compare(
    given: Candidates,
    choice: Partial<PostprocessOptions>,
    tolerance?: number,
  ): void {
    const reference = new ReferencePostprocessor(given.scores.length, CLASSES);
    const expected = reference.merge(given, resolvePostprocessOptions(choice));
    expectDetections(mergeDetections(kernels, given, CLASSES, choice), expected, tolerance);
  }

  it('equals the reference exactly with greedy NMS', () => {
    fc.assert(fc.property(candidates, options, (given, choice) => compare(given, choice)));
  });

  it('equals the reference exactly with linear soft-NMS', () => {
    fc.assert(
      fc.property(candidates, options, (given, choice) =>
        compare(given, { ...choice, softNms: 'linear' }),
      ),
    );
  });

  // The two exponentials and the order of sums differ in the last bit: fixed seeds.
  it('equals the reference with Gaussian soft-NMS', () => {
    const sigma = fc.constantFrom(1e-9, 0.1, 0.5, 3);
    fc.assert(
      fc.property(candidates, options, sigma, (given, choice, softNmsSigma) =>
        compare(given, { ...choice, softNms: 'gaussian', softNmsSigma }, 1e-6),
      ),
      { seed: 5 },
    );
  });

  it('equals the reference with box voting, alone and after soft-NMS', () => {
    const softNms = fc.constantFrom<false | 'linear'>(false, 'linear');
    fc.assert(
      fc.property(candidates, options, softNms, (given, choice, soft) =>
        compare(given, { ...choice, softNms: soft, boxVoting: true }, 2e-6),
      ),
      { seed: 6 },
    );
  });

  function merge(list: readonly Candidate[], choice?: Partial<PostprocessOptions>) {
    const { boxes, scores, classIds } = mergeDetections(kernels, columns(list), CLASSES, choice);
    return Array.from(scores, (score, i) => ({
      box: [...boxes.subarray(4 * i, 4 * i + 4)],
      score,
      classId: classIds[i],
    }));
  }
  const scores = (list: readonly Candidate[], choice?: Partial<PostprocessOptions>) =>
    merge(list, choice).map(({ score }) => score);

  const LEFT = [0, 0, 0.5, 0.5];
  const SHIFTED = [0.125, 0, 0.625, 0.5]; // IoU 0.6 with LEFT
  const RIGHT = [0.5, 0.5, 1, 1];

  it('returns nothing for nothing', () => {
    expect(merge([])).toEqual([]);
    expect(merge([], { agnostic: true, boxVoting: true, softNms: 'linear' })).toEqual([]);
  });

  it('returns a single candidate clipped to the image', () => {
    expect(merge([[[-0.5, 0.25, 0.5, 1.5], 0.75, 2]])).toEqual([
      { box: [0, 0.25, 0.5, 1], score: 0.75, classId: 2 },
    ]);
  });

  it('keeps only the best of many equal boxes', () => {
    const list = Array.from({ length: 50 }, (_, i): Candidate => [LEFT, (i + 1) / 64]);
    expect(scores(list)).toEqual([50 / 64]);
  });

  it('prefers the earlier one of equal scores', () => {
    expect(
      merge([
        [LEFT, 0.5],
        [SHIFTED, 0.5],
      ]),
    ).toMatchObject([{ box: LEFT }]);
    expect(
      merge([
        [SHIFTED, 0.5],
        [LEFT, 0.5],
      ]),
    ).toMatchObject([{ box: SHIFTED }]);
    const apart: Candidate[] = [
      [RIGHT, 0.5, 2],
      [LEFT, 0.5, 0],
    ];
    expect(merge(apart).map(({ classId }) => classId)).toEqual([2, 0]);
  });

  it('drops NaN, infinities and boxes without area inside the image', () => {
    const boxes = [
      [NaN, 0, 1, 1],
      [0, 0, 1, Infinity],
      [-Infinity, 0, 1, 1],
      [0.5, 0.5, 0.5, 1],
      [0.9, 0, 0.1, 1],
      [1, 0, 2, 1],
      [-1, 0, 0, 1],
      [-3e38, -3e38, 3e38, 3e38],
    ];
    const bad: Candidate[] = [NaN, Infinity, -1].map((score) => [LEFT, score]);
    expect(merge([...boxes.map((box): Candidate => [box, 0.9]), ...bad])).toEqual([]);
  });

  it('applies every option', () => {
    const pair: Candidate[] = [
      [LEFT, 0.75],
      [SHIFTED, 0.5],
    ];
    expect(scores(pair)).toEqual([0.75]);
    expect(scores(pair, { nmsThreshold: 0.625 })).toEqual([0.75, 0.5]);
    expect(scores(pair, { nmsThreshold: 1, scoreThreshold: 0.625 })).toEqual([0.75]);
    expect(scores(pair, { nmsThreshold: 1, topK: 1 })).toEqual([0.75]);
    expect(scores(pair, { nmsThreshold: 1, keepTopK: 1 })).toEqual([0.75]);
    expect(scores(pair, { classMask: Uint8Array.of(0, 1, 1) })).toEqual([]);
    const classes: Candidate[] = [
      [LEFT, 0.75, 0],
      [SHIFTED, 0.5, 1],
    ];
    expect(scores(classes)).toEqual([0.75, 0.5]);
    expect(scores(classes, { agnostic: true })).toEqual([0.75]);
  });

  it('counts topK by class, and over all classes when agnostic', () => {
    const list: Candidate[] = [
      [LEFT, 0.75, 0],
      [RIGHT, 0.5, 0],
      [LEFT, 0.625, 1],
    ];
    expect(scores(list, { topK: 1 })).toEqual([0.75, 0.625]);
    expect(scores(list, { topK: 1, agnostic: true })).toEqual([0.75]);
  });

  it('lowers scores instead with soft-NMS', () => {
    const pair: Candidate[] = [
      [LEFT, 0.75],
      [SHIFTED, 0.5],
    ];
    const linear = scores(pair, { nmsThreshold: 1, softNms: 'linear' });
    expect(linear[1]).toBeCloseTo(0.5 * (1 - 0.6), 6);
    const untouched = scores(pair, { nmsThreshold: 1, softNms: 'linear', softNmsThreshold: 0.625 });
    expect(untouched).toEqual([0.75, 0.5]);
    const gaussian = scores(pair, { nmsThreshold: 1, softNms: 'gaussian' });
    expect(gaussian[1]).toBeCloseTo(0.5 * Math.exp(-0.36 / 0.5), 6);
    const wide = scores(pair, { nmsThreshold: 1, softNms: 'gaussian', softNmsSigma: 2 });
    expect(wide[1]).toBeCloseTo(0.5 * Math.exp(-0.36 / 2), 6);
    const faint = { nmsThreshold: 1, softNms: 'linear', scoreThreshold: 0.25 } as const;
    expect(scores(pair, faint)).toEqual([0.75]);
    expect(scores(pair, { softNms: 'linear' })).toEqual([0.75]); // greedy NMS came first
  });

  it('averages boxes by score with box voting', () => {
    const pair: Candidate[] = [
      [LEFT, 0.75],
      [SHIFTED, 0.25],
      [RIGHT, 0.5],
    ];
    const [first, second] = merge(pair, { boxVoting: true });
    expect(first.box).toEqual([0.125 / 4, 0, 0.5 + 0.125 / 4, 0.5]);
    expect(first.score).toBe(0.75);
    expect(second.box).toEqual(RIGHT);
    expect(merge(pair, { boxVoting: true, boxVotingThreshold: 0.625 })[0].box).toEqual(LEFT);
  });

  it('leaves the heap unchanged', () => {
    const list = columns(Array.from({ length: 300 }, (_, i) => [LEFT, (i + 1) / 512, i % CLASSES]));
    mergeDetections(kernels, list, CLASSES);
    const size = kernels.heap.memory.buffer.byteLength;
    for (let i = 0; i < 1000; i++) mergeDetections(kernels, list, CLASSES);
    expect(kernels.heap.memory.buffer.byteLength).toBe(size);
  });

  it.each([
    [{ boxes: new Float32Array(4) }, 'INVALID_ARGUMENT', /0 scores .* not 1 and 0/],
    [{ ...columns([[LEFT, 1, 3]]) }, 'INVALID_ARGUMENT', /class id 3 is not one of the 3/],
    [{ ...columns([[LEFT, 1, -1]]) }, 'INVALID_ARGUMENT', /class id -1/],
  ])('refuses arrays that do not fit', (given, code, message) => {
    const attempt = () => mergeDetections(kernels, { ...columns([]), ...given }, CLASSES);
    expect(attempt).toThrow(expect.objectContaining({ code }));
    expect(attempt).toThrow(message);
  });

  it('refuses unknown options and masks of the wrong length', () => {
    const one = columns([[LEFT, 1]]);
    const invalid = expect.objectContaining({ code: 'INVALID_OPTION' });
    expect(() => mergeDetections(kernels, one, CLASSES, { top: 1 } as object)).toThrow(invalid);
    const classMask = new Uint8Array(CLASSES + 1);
    expect(() => mergeDetections(kernels, one, CLASSES, { classMask })).toThrow(invalid);
  });
});
