import { describe, expect, it } from 'vitest';
import type { Detection } from '../../src/boxes.ts';
import { RefineDetError } from '../../src/errors.ts';
import {
  type DatasetDetector,
  type DetectionSource,
  detectDataset,
  detectInOrder,
  evaluateDetector,
} from '../../src/evaluation/detect-dataset.ts';
import type { VocResult } from '../../src/evaluation/evaluate.ts';
import { makeDataset, type Rect } from './helpers.ts';

const A: Rect = [0, 0, 100, 100];
const dataset = makeDataset(
  ['cat'],
  new Map([
    [1, [['cat', A]]],
    [2, []],
    [3, [['cat', A]]],
  ]),
);
const cat = (score: number): Detection => ({
  label: 'cat',
  classId: 0,
  score,
  box: { x: 0, y: 0, width: 100, height: 100 },
});

/** Detects a cat in every image whose path contains one of the numbers. */
function detector(...numbers: number[]): DatasetDetector & { asked: unknown[] } {
  const asked: unknown[] = [];
  return {
    classes: ['cat'],
    asked,
    async detect(path, options) {
      asked.push([path, options.scoreThreshold]);
      return numbers.some((n) => path.includes(`${n}`)) ? [cat(0.9)] : [];
    },
  };
}

describe('evaluateDetector', () => {
  it('scores a detector and includes low scores', async () => {
    const tested = detector(1, 3);
    const { result, failures, seconds } = await evaluateDetector(tested, dataset, {
      metric: 'voc12',
    });
    expect((result as VocResult).mAP).toBe(1);
    expect(failures).toEqual([]);
    expect(seconds).toBeGreaterThanOrEqual(0);
    expect(tested.asked).toEqual([
      ['/toy/1.jpg', 0.01],
      ['/toy/2.jpg', 0.01],
      ['/toy/3.jpg', 0.01],
    ]);
  });

  it('passes a given score threshold to the detector', async () => {
    const tested = detector();
    await evaluateDetector(tested, dataset, { metric: 'voc12', scoreThreshold: 0.3 });
    expect(tested.asked[0]).toEqual(['/toy/1.jpg', 0.3]);
  });

  it('reports mismatched classes before the run', async () => {
    const tested = { ...detector(1), classes: ['dog'] };
    const run = evaluateDetector(tested, dataset, { metric: 'voc12' });
    await expect(run).rejects.toMatchObject({ code: 'UNKNOWN_CLASS' });
    expect(tested.asked).toEqual([]);
  });

  it('reports progress and unreadable images, and continues', async () => {
    const broken = new RefineDetError('IMAGE_CORRUPT', 'cannot decode /toy/1.jpg');
    const tested = detector(3);
    const picky: DatasetDetector = {
      classes: ['cat'],
      detect: (path, options) =>
        path.includes('1') ? Promise.reject(broken) : tested.detect(path, options),
    };
    const progress: [number, number][] = [];
    const { result, failures } = await evaluateDetector(picky, dataset, {
      metric: 'voc12',
      onProgress: ({ done, total }) => progress.push([done, total]),
    });
    expect(progress).toEqual([
      [1, 3],
      [2, 3],
      [3, 3],
    ]);
    expect(failures).toEqual([{ image: dataset.images[0], error: broken }]);
    expect((result as VocResult).mAP).toBe(0.5); // one of two cats, at precision 1
  });

  it('stops at an error that does not concern an image', async () => {
    const failing: DatasetDetector = {
      classes: ['cat'],
      detect: () => Promise.reject(new RefineDetError('OUT_OF_MEMORY', 'full')),
    };
    await expect(evaluateDetector(failing, dataset, { metric: 'voc12' })).rejects.toMatchObject({
      code: 'OUT_OF_MEMORY',
    });
  });

  it('stops on abort', async () => {
    const controller = new AbortController();
    const tested = detector(1);
    const run = evaluateDetector(tested, dataset, {
      metric: 'voc12',
      signal: controller.signal,
      onProgress: () => controller.abort(),
    });
    await expect(run).rejects.toMatchObject({ code: 'ABORTED' });
    expect(tested.asked).toHaveLength(1);
  });
});

describe('detectDataset', () => {
  const backwards: DetectionSource = async function* (images) {
    for (const index of [...images.keys()].reverse())
      yield { index, detections: [cat(index / 10)] };
  };

  it('keeps the order of the dataset for results in any order', async () => {
    const { predictions } = await detectDataset(backwards, ['cat'], dataset);
    expect(predictions.imageIds).toEqual([1, 2, 3]);
    expect([...predictions.table.score]).toEqual([0, 0.1, 0.2]);
  });

  it('gives the same result as a sequential run', async () => {
    const tested = detector(1, 3);
    const single = await detectDataset(detectInOrder(tested), ['cat'], dataset);
    const spread: DetectionSource = async function* (images, signal) {
      const all = [];
      for await (const outcome of detectInOrder(tested)(images, signal)) all.push(outcome);
      yield* all.reverse();
    };
    const together = await detectDataset(spread, ['cat'], dataset);
    expect(together.predictions.table).toEqual(single.predictions.table);
  });

  it('rejects a source that leaves out an image', async () => {
    const lazy: DetectionSource = async function* () {
      yield { index: 1, detections: [] };
    };
    await expect(detectDataset(lazy, ['cat'], dataset)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining('/toy/1.jpg'),
    });
  });
});
