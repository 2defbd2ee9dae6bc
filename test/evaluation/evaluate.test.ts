import { describe, expect, it } from 'vitest';
import { evaluate, type Metric } from '../../src/evaluation/evaluate.ts';
import { Predictions } from '../../src/evaluation/predictions.ts';
import { makeDataset, makePredictions, oneImage, type Rect } from './helpers.ts';

const A: Rect = [0, 0, 100, 100];
const B: Rect = [200, 0, 100, 100];
const code = (expected: string, message: RegExp) =>
  expect.objectContaining({ code: expected, message: expect.stringMatching(message) });

describe('evaluate', () => {
  const perfect = oneImage([[A]], [[0.9, A]]);

  it('rejects an unknown metric and suggests one', () => {
    const run = () => evaluate(perfect.dataset, perfect.predictions, { metric: 'voc7' as Metric });
    expect(run).toThrow(code('INVALID_OPTION', /"voc7".*did you mean "voc07"/));
  });

  it.each([0, 1, -0.5, Number.NaN])('rejects the IoU threshold %s', (iouThreshold) => {
    const run = () =>
      evaluate(perfect.dataset, perfect.predictions, { metric: 'voc12', iouThreshold });
    expect(run).toThrow(code('INVALID_OPTION', new RegExp(String(iouThreshold))));
  });

  it('rejects an IoU threshold with the COCO protocol', () => {
    const run = () =>
      evaluate(perfect.dataset, perfect.predictions, { metric: 'coco', iouThreshold: 0.3 });
    expect(run).toThrow(code('INVALID_OPTION', /0\.3/));
  });

  it('matches classes by name, not by index', () => {
    const dataset = makeDataset(
      ['cat', 'dog'],
      new Map([
        [
          1,
          [
            ['cat', A],
            ['dog', B],
          ],
        ],
      ]),
    );
    const predictions = makePredictions(
      ['dog', 'cat'],
      new Map([
        [
          1,
          [
            ['cat', 0.9, A],
            ['dog', 0.9, B],
          ],
        ],
      ]),
    );
    expect(evaluate(dataset, predictions, { metric: 'voc12' }).perClass).toEqual({
      cat: 1,
      dog: 1,
    });
  });

  it('reports the classes that the detector lacks', () => {
    const dataset = makeDataset(['aeroplane'], new Map([[1, [['aeroplane', A]]]]));
    const run = () => evaluate(dataset, new Predictions(['airplane']), { metric: 'voc12' });
    expect(run).toThrow(code('UNKNOWN_CLASS', /"aeroplane" \(did you mean "airplane"\?\)/));
  });

  it('reports the first of many classes that the detector lacks', () => {
    const classes = Array.from({ length: 80 }, (_, i) => `class ${i}`);
    const dataset = makeDataset(classes, new Map([[1, classes.map((name) => [name, A])]]));
    const run = () => evaluate(dataset, new Predictions(['tree']), { metric: 'coco' });
    expect(run).toThrow(/"class 0", .*"class 7" and 72 more; rename or select classes/);
  });

  it('accepts a detector that lacks a class without ground truth', () => {
    const dataset = makeDataset(['cat', 'owl'], new Map([[1, [['cat', A]]]]));
    const predictions = makePredictions(['cat'], new Map([[1, [['cat', 0.9, A]]]]));
    expect(evaluate(dataset, predictions, { metric: 'voc12' })).toMatchObject({
      mAP: 1,
      classesWithoutGroundTruth: ['owl'],
    });
  });

  it('leaves out classes that the dataset does not have, and lists them', () => {
    const dataset = makeDataset(['cat'], new Map([[1, [['cat', A]]]]));
    const predictions = makePredictions(
      ['kite', 'cat'],
      new Map([
        [
          1,
          [
            ['kite', 0.95, A],
            ['cat', 0.9, A],
          ],
        ],
      ]),
    );
    expect(evaluate(dataset, predictions, { metric: 'coco' })).toMatchObject({
      AP50: expect.closeTo(1, 12),
      ignoredClasses: ['kite'],
      detections: 1,
    });
  });

  it('reports an image that the dataset does not have', () => {
    const predictions = makePredictions(['cat'], new Map([['x9', [['cat', 0.9, A]]]]));
    const run = () => evaluate(perfect.dataset, predictions, { metric: 'voc12' });
    expect(run).toThrow(code('PREDICTIONS_FORMAT', /"x9"/));
  });

  it('rejects a dataset with two images of one id', () => {
    const { dataset, predictions } = oneImage([[A]], []);
    const doubled = { ...dataset, images: [...dataset.images, ...dataset.images] };
    expect(() => evaluate(doubled, predictions, { metric: 'voc12' })).toThrow(
      code('DATASET_FORMAT', /id "1"/),
    );
  });

  it('treats an id as number or text as the same image', () => {
    const predictions = makePredictions(['cat'], new Map([['1', [['cat', 0.9, A]]]]));
    expect(evaluate(perfect.dataset, predictions, { metric: 'voc12' })).toMatchObject({ mAP: 1 });
  });

  it('keeps a class called __proto__ in its result', () => {
    const dataset = makeDataset(['__proto__'], new Map([[1, [['__proto__', A]]]]));
    const predictions = makePredictions(['__proto__'], new Map([[1, [['__proto__', 0.9, A]]]]));
    const result = evaluate(dataset, predictions, { metric: 'voc12' });
    expect(Object.entries(result.perClass)).toEqual([['__proto__', 1]]);
    expect(JSON.stringify(result)).toContain('"perClass":{"__proto__":1}');
  });

  it('does not change the dataset', () => {
    const dataset = makeDataset(
      ['cat'],
      new Map([
        [2, [['cat', A]]],
        [1, []],
      ]),
    );
    evaluate(dataset, new Predictions(['cat']), { metric: 'coco' });
    expect(dataset.images.map(({ id }) => id)).toEqual([2, 1]);
  });
});

describe('Predictions', () => {
  it('grows and keeps what was added', () => {
    const predictions = new Predictions(['cat']);
    for (let i = 0; i < 1000; i++) predictions.push(predictions.image(i % 7), 0, i, i, 0, 1, 2);
    expect(predictions.length).toBe(1000);
    expect(predictions.imageIds).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(predictions.table.score[999]).toBe(999);
    expect([...predictions.table.box.subarray(-4)]).toEqual([999, 0, 1, 2]);
  });

  it('rejects a label that the detector does not list', () => {
    const add = () =>
      new Predictions(['cat']).add(7, [
        { label: 'cta', classId: 0, score: 1, box: { x: 0, y: 0, width: 1, height: 1 } },
      ]);
    expect(add).toThrow(code('UNKNOWN_CLASS', /image "7".*"cta".*did you mean "cat"/));
  });

  it.each<[string, [number, number, number, number]]>([
    ['no image 1', [1, 0, 0.5, 10]],
    ['no class 2', [0, 2, 0.5, 10]],
    ['no class 0.5', [0, 0.5, 0.5, 10]],
    [
      'image "7" has a detection with a value that is not finite: score NaN',
      [0, 0, Number.NaN, 10],
    ],
    ['box 0, 0, Infinity, 10', [0, 0, 0.5, Number.POSITIVE_INFINITY]],
  ])('rejects a detection that cannot be scored: %s', (message, [image, classId, score, width]) => {
    const predictions = new Predictions(['cat', 'dog']);
    predictions.image(7);
    const push = () => predictions.push(image, classId, score, 0, 0, width, 10);
    expect(push).toThrow(code('INVALID_ARGUMENT', new RegExp(message)));
    expect(predictions.length).toBe(0);
  });

  it('keeps the detections of selected images', () => {
    const predictions = makePredictions(
      ['cat'],
      new Map([
        [1, [['cat', 0.1, A]]],
        [2, [['cat', 0.2, B]]],
        [3, []],
      ]),
    );
    const kept = predictions.onlyImages([2, 3, 4]);
    expect(kept.imageIds).toEqual([2, 3]);
    expect([...kept.table.score]).toEqual([0.2]);
    expect([...kept.table.box]).toEqual([...B]);
  });
});
