/**
 * Compares with the reference evaluators. fixtures/official.json holds seeded random boxes (ties,
 * crowds, box areas other than segment areas, more than 100 detections, sparse shuffled ids) and the
 * results of pycocotools 2.0.11 and voc_eval (with a stable argsort) for them.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Dataset } from '../../src/datasets/dataset-types.ts';
import { loadDataset } from '../../src/datasets/index.ts';
import { readCocoResults } from '../../src/evaluation/coco-results.ts';
import { type CocoResult, evaluate, type VocResult } from '../../src/evaluation/evaluate.ts';
import { Predictions } from '../../src/evaluation/predictions.ts';
import { type Found, makeDataset, makePredictions, type Rect, type Truth } from './helpers.ts';

const TRUTH = path.join(import.meta.dirname, '../../../shared/data/eval-truth');

interface Official {
  groundTruth: {
    images: { id: number }[];
    categories: { id: number; name: string }[];
    annotations: {
      id: number;
      image_id: number;
      category_id: number;
      bbox: [number, number, number, number];
      area: number;
      iscrowd: number;
    }[];
  };
  detections: { image_id: number; category_id: number; bbox: number[]; score: number }[];
  coco: { stats: number[]; perClass: Record<string, number | null> };
  voc: { difficult: number[]; ap: Record<string, Record<string, number | null>> };
}

const official: Official = JSON.parse(
  readFileSync(path.join(import.meta.dirname, 'fixtures/official.json'), 'utf8'),
);

function officialDataset(difficult: readonly number[], crowds: boolean): Dataset {
  const { images, categories, annotations } = official.groundTruth;
  const classes = categories.map(({ name }) => name);
  const dataset = makeDataset(classes, new Map(images.map(({ id }) => [id, []])));
  const byId = new Map(dataset.images.map((image) => [image.id, image]));
  for (const { id, image_id, category_id, bbox, area, iscrowd } of annotations) {
    const [x, y, width, height] = bbox;
    byId.get(image_id)?.boxes.push({
      classId: categories.findIndex((category) => category.id === category_id),
      box: { x, y, width, height },
      area,
      crowd: crowds && iscrowd === 1,
      difficult: difficult.includes(id),
    });
  }
  return dataset;
}

function officialPredictions(): Predictions {
  const { categories } = official.groundTruth;
  const predictions = new Predictions(categories.map(({ name }) => name));
  for (const { image_id, category_id, bbox, score } of official.detections) {
    const classId = categories.findIndex(({ id }) => id === category_id);
    const [x, y, width, height] = bbox;
    predictions.push(predictions.image(image_id), classId, score, x, y, width, height);
  }
  return predictions;
}

const twelve = (result: CocoResult): (number | null)[] => [
  ...[result.AP, result.AP50, result.AP75, result.APsmall, result.APmedium, result.APlarge],
  ...[result.AR1, result.AR10, result.AR100, result.ARsmall, result.ARmedium, result.ARlarge],
];

/** Drops the classes that the reference could not score. */
const known = (perClass: Record<string, number | null>) =>
  Object.entries(perClass).filter(([, ap]) => ap !== null) as [string, number][];

describe('parity on random boxes', () => {
  it('gives the twelve numbers and the AP of each class of pycocotools to 12 digits', () => {
    const result = evaluate(officialDataset([], true), officialPredictions(), { metric: 'coco' });
    twelve(result as CocoResult).forEach((value, i) => {
      expect(value).toBeCloseTo(official.coco.stats[i], 12);
    });
    expect(Object.keys(result.perClass)).toHaveLength(known(official.coco.perClass).length);
    for (const [name, ap] of known(official.coco.perClass)) {
      expect(result.perClass[name]).toBeCloseTo(ap, 12);
    }
  });

  it.each(Object.entries(official.voc.ap))('gives %s of voc_eval to 12 digits', (key, expected) => {
    const [metric, iou] = key.split('@') as ['voc07' | 'voc12', string];
    const dataset = officialDataset(official.voc.difficult, false);
    const options = { metric, iouThreshold: Number(iou) };
    const result = evaluate(dataset, officialPredictions(), options) as VocResult;
    expect(Object.keys(result.perClass)).toHaveLength(known(expected).length);
    for (const [name, ap] of known(expected)) expect(result.perClass[name]).toBeCloseTo(ap, 12);
  });
});

describe.skipIf(!existsSync(TRUTH))('parity with published numbers', () => {
  it("gives the twelve numbers of COCO's own example", async () => {
    const folder = path.join(TRUTH, 'coco-val2014-100');
    const dataset = await loadDataset(path.join(folder, 'instances_val2014_100.json'));
    const results = path.join(folder, 'instances_val2014_fakebbox100_results.json');
    const predictions = await readCocoResults(results, dataset);
    const result = evaluate(dataset, predictions, { metric: 'coco' }) as CocoResult;
    const published = '.505 .697 .573 .586 .519 .501 .387 .594 .595 .640 .566 .564'.split(' ');
    expect(twelve(result).map((value) => value?.toFixed(3).slice(1))).toEqual(published);
  });

  it('gives 24.57 % and 26.84 % on the object-detection-metrics example', () => {
    const folder = path.join(TRUTH, 'object-detection-metrics');
    const read = (part: string) =>
      new Map(
        readdirSync(path.join(folder, part)).map((file) => [
          file,
          readFileSync(path.join(folder, part, file), 'utf8')
            .trim()
            .split('\n'),
        ]),
      );
    // In this file x2 = x + width is the last pixel, so a box covers one pixel more than its width.
    const rect = (words: string[]): Rect => {
      const [x, y, width, height] = words.map(Number);
      return [x, y, width + 1, height + 1];
    };
    const truths = new Map<string, Truth[]>();
    for (const [file, lines] of read('groundtruths')) {
      truths.set(
        file,
        lines.map((line) => ['object', rect(line.split(' ').slice(1))]),
      );
    }
    const found = new Map<string, Found[]>();
    for (const [file, lines] of read('detections')) {
      const words = lines.map((line) => line.split(' '));
      found.set(
        file,
        words.map((w) => ['object', Number(w[1]), rect(w.slice(2))]),
      );
    }
    const mAP = (metric: 'voc07' | 'voc12') => {
      const dataset = makeDataset(['object'], truths);
      const predictions = makePredictions(['object'], found);
      const result = evaluate(dataset, predictions, { metric, iouThreshold: 0.3 }) as VocResult;
      return ((result.mAP ?? 0) * 100).toFixed(2);
    };
    expect([mAP('voc12'), mAP('voc07')]).toEqual(['24.57', '26.84']);
  });
});
