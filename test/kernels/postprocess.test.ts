import { beforeAll, describe, expect, it } from 'vitest';
import { ANCHOR_DEFAULTS, anchorGrid, type GridShape } from '../../src/anchors.ts';
import type { HeadMap } from '../../src/heads.ts';
import type { Kernels } from '../../src/kernels/module.ts';
import { PostProcessor, postprocess } from '../../src/kernels/postprocess.ts';
import {
  type PostprocessOptions,
  resolvePostprocessOptions,
} from '../../src/kernels/postprocess-options.ts';
import { makeScene } from '../../support/scenes/detection-scene.ts';
import { BUILDS, expectDetections, freshKernels, runOnce, upload } from './helpers.ts';

const LEVELS: GridShape[] = [
  [8, 8],
  [4, 4],
  [2, 2],
  [1, 1],
];
const GRID = { levels: LEVELS, inputHeight: 64, inputWidth: 64, options: ANCHOR_DEFAULTS };

/** Background everywhere, then the given objects: [anchor, class, class logit]. */
function quietHeads(
  count: number,
  classes: number,
  objects: readonly (readonly [anchor: number, classId: number, logit: number])[] = [],
): HeadMap<Float32Array> {
  const heads = {
    armLoc: new Float32Array(4 * count),
    armConf: Float32Array.from({ length: 2 * count }, (_, i) => (i % 2 ? -6 : 6)),
    odmLoc: new Float32Array(4 * count),
    odmConf: new Float32Array((classes + 1) * count),
  };
  for (let i = 0; i < count; i++) heads.odmConf[(classes + 1) * i] = 8;
  for (const [anchor, classId, logit] of objects) {
    heads.armConf.set([-6, 6], 2 * anchor);
    heads.odmConf[(classes + 1) * anchor] = 0;
    heads.odmConf[(classes + 1) * anchor + 1 + classId] = logit;
  }
  return heads;
}

describe.each(BUILDS)('PostProcessor ($build)', ({ threaded }) => {
  let kernels: Kernels;
  beforeAll(async () => {
    kernels = await freshKernels(threaded);
  });

  const run = (
    heads: HeadMap<Float32Array>,
    anchors: Float32Array,
    classes: number,
    options?: Partial<PostprocessOptions>,
  ) => runOnce(kernels, heads, anchors, classes, options);

  const anchors = anchorGrid(LEVELS, 64, 64);
  const count = anchors.length / 4;
  const CLASSES = 3;

  it('finds nothing in an empty scene, and without any anchors', () => {
    expect(run(quietHeads(count, CLASSES), anchors, CLASSES).count).toBe(0);
    const nothing = run(quietHeads(0, CLASSES), new Float32Array(0), CLASSES);
    expect(nothing).toEqual({
      count: 0,
      boxes: new Float32Array(0),
      scores: new Float32Array(0),
      classIds: new Int32Array(0),
    });
  });

  it('decodes a single object: ARM offsets on the anchor, ODM offsets on the refined anchor', () => {
    const heads = quietHeads(count, CLASSES, [[90, 1, 8]]);
    const [cx, cy, w, h] = anchors.subarray(360, 364);
    heads.armLoc.set([1, -1, -5, -4], 360);
    heads.odmLoc.set([-0.5, 0.5, 0.5, -1], 360);
    const [w1, h1] = [w * Math.exp(-1), h * Math.exp(-0.8)];
    const [x, y] = [cx + 0.1 * w - 0.05 * w1, cy - 0.1 * h + 0.05 * h1];
    const [w2, h2] = [w1 * Math.exp(0.1), h1 * Math.exp(-0.2)];
    const score = Math.exp(8) / (Math.exp(8) + 3);
    const expected = {
      count: 1,
      boxes: Float32Array.of(x - w2 / 2, y - h2 / 2, x + w2 / 2, y + h2 / 2),
      scores: Float32Array.of(score),
      classIds: Int32Array.of(1),
    };
    expectDetections(run(heads, anchors, CLASSES), expected, 1e-6);
  });

  it('prefers the lower anchor of equal scores', () => {
    const equal = quietHeads(count, CLASSES, [
      [100, 0, 5],
      [97, 0, 5],
      [3, 2, 5],
    ]);
    const { classIds, boxes } = run(equal, anchors, CLASSES, { nmsThreshold: 0.01 });
    expect([...classIds]).toEqual([2, 0]);
    expect(boxes[6]).toBeCloseTo(anchors[4 * 97] + anchors[4 * 97 + 2] / 2, 6);
  });

  it('filters by objectness, unless the threshold is 0', () => {
    const heads = quietHeads(count, CLASSES, [[90, 1, 8]]);
    heads.armConf.set([6, 0], 180); // probability 0.0025
    expect(run(heads, anchors, CLASSES).count).toBe(0);
    expect(run(heads, anchors, CLASSES, { objectnessThreshold: 0.002 }).count).toBe(1);
    expect(run(heads, anchors, CLASSES, { objectnessThreshold: 0 }).count).toBe(1);
  });

  it('ignores the ARM offsets without refinement', () => {
    const heads = quietHeads(count, CLASSES, [[90, 1, 8]]);
    const plain = run(heads, anchors, CLASSES).boxes;
    heads.armLoc.set([NaN, 1, -3, -3], 360);
    expect(run(heads, anchors, CLASSES).count).toBe(0);
    expect(run(heads, anchors, CLASSES, { refineAnchors: false }).boxes).toEqual(plain);
  });

  it('keeps only the classes of the mask', () => {
    const heads = quietHeads(count, CLASSES, [
      [3, 0, 8],
      [90, 1, 8],
      [191, 2, 8],
    ]);
    const classMask = Uint8Array.of(1, 0, 1);
    const found = run(heads, anchors, CLASSES, { classMask });
    expect([...found.classIds].sort()).toEqual([0, 2]);
  });

  it('reads separate levels the same as joined ones', () => {
    const scene = makeScene({ inputSize: 192, classes: 4, seed: 3 });
    const levels = [24, 12, 6, 3].map((side): GridShape => [side, side]);
    const processor = new PostProcessor(
      kernels,
      { levels, inputHeight: 192, inputWidth: 192, options: ANCHOR_DEFAULTS },
      4,
    );
    let first = 0;
    const pointers = levels.map(([rows, columns]) => {
      const n = 3 * rows * columns;
      const part = (values: Float32Array, width: number) =>
        upload(kernels, values.subarray(width * first, width * (first + n)));
      const { armLoc, armConf, odmLoc, odmConf } = scene.heads;
      const level = {
        anchors: n,
        armLoc: part(armLoc, 4),
        armConf: part(armConf, 2),
        odmLoc: part(odmLoc, 4),
        odmConf: part(odmConf, 5),
      };
      first += n;
      return level;
    });
    const separate = processor.run(pointers);
    expect(separate.count).toBeGreaterThan(10);
    expect(separate).toEqual(processor.runArrays([scene.heads]));
    processor.dispose();
  });

  it('keeps the heap at its size over 1,000 calls with changing options', () => {
    const { heads, anchors } = makeScene({ inputSize: 192, classes: 4 });
    const processor = new PostProcessor(kernels, anchors, 4);
    const variants = [{}, { agnostic: true }, { topK: 3000 }, { boxVoting: true, keepTopK: 9 }].map(
      (options) => resolvePostprocessOptions(options),
    );
    for (const options of variants) processor.runArrays([heads], options);
    const size = kernels.heap.memory.buffer.byteLength;
    for (let i = 0; i < 1000; i++) processor.runArrays([heads], variants[i % 4]);
    expect(kernels.heap.memory.buffer.byteLength).toBe(size);
    processor.dispose();
  });

  it('frees its memory', () => {
    const { heads } = makeScene({ inputSize: 64, classes: CLASSES });
    run(heads, anchors, CLASSES);
    const size = kernels.heap.memory.buffer.byteLength;
    for (let i = 0; i < 200; i++) run(heads, anchors, CLASSES);
    expect(kernels.heap.memory.buffer.byteLength).toBe(size);
  });

  it('fails with DISPOSED after dispose, which may be called twice', () => {
    const processor = new PostProcessor(kernels, GRID, CLASSES);
    processor.dispose();
    processor.dispose();
    const disposed = expect.objectContaining({ code: 'DISPOSED' });
    expect(() => processor.run([])).toThrow(disposed);
    expect(() => processor.runArrays([quietHeads(count, CLASSES)])).toThrow(disposed);
  });

  it('refuses heads of another shape, a wrong mask and an impossible number of classes', () => {
    const processor = new PostProcessor(kernels, GRID, CLASSES);
    const heads = quietHeads(count, CLASSES);
    const refuse = (attempt: () => unknown, code: string, message: string) => {
      expect(attempt).toThrow(expect.objectContaining({ code }));
      expect(attempt).toThrow(message);
    };
    const odmLoc = new Float32Array(4);
    refuse(() => processor.runArrays([{ ...heads, odmLoc }]), 'INVALID_ARGUMENT', 'odmLoc has 4');
    refuse(
      () => processor.runArrays([heads, heads]),
      'INVALID_ARGUMENT',
      `describe ${2 * count} anchors, expected ${count}`,
    );
    const options = resolvePostprocessOptions({ classMask: new Uint8Array(2) });
    refuse(
      () => processor.runArrays([heads], options),
      'INVALID_OPTION',
      'of the 3 classes, not 2',
    );
    refuse(() => new PostProcessor(kernels, GRID, 0), 'INVALID_ARGUMENT', 'not 0');
    const levels = LEVELS.slice(1);
    refuse(
      () => new PostProcessor(kernels, { ...GRID, levels }, 1),
      'INVALID_ARGUMENT',
      '3 feature maps',
    );
    processor.dispose();
  });
});

describe('postprocess', () => {
  const anchors = anchorGrid(LEVELS, 64, 64);
  const count = anchors.length / 4;

  it('works on plain arrays and checks its options', async () => {
    const heads = quietHeads(count, 2, [[90, 1, 8]]);
    const found = await postprocess(heads, anchors, { scoreThreshold: 0.5 });
    expect([found.count, found.classIds[0]]).toEqual([1, 1]);
    await expect(postprocess(heads, anchors, { score: 1 } as object)).rejects.toMatchObject({
      code: 'INVALID_OPTION',
    });
    const wrong: [unknown, unknown, RegExp][] = [
      [heads, anchors.subarray(4), /anchors/],
      [heads, [1, 2, 3, 4], /^anchors must be a Float32Array, not \[1,2,3,4\]$/],
      [undefined, anchors, /^odmConf must be a Float32Array, not undefined$/],
      [{ ...heads, armLoc: [0] }, anchors, /^armLoc must be a Float32Array, not \[0\]$/],
    ];
    for (const [given, grid, message] of wrong) {
      await expect(
        postprocess(given as HeadMap<Float32Array>, grid as Float32Array),
      ).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
        message: expect.stringMatching(message),
      });
    }
  });
});
