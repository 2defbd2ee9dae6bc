import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { analyze } from '../../src/evaluation/analysis/analyze.ts';
import { cropAround, shrinkCrop } from '../../src/evaluation/report/crop-image.ts';
import { renderReport } from '../../src/evaluation/report/evaluation-report.ts';
import { decodeImage } from '../../src/image/node/decode.ts';
import { emptyFolder, png } from '../datasets/tree.ts';
import { makeDataset, makePredictions, type Rect } from './helpers.ts';

const HOSTILE = '"><img src=x onerror=alert(1)>';
const A: Rect = [10, 10, 40, 40];
const NOWHERE: Rect = [100, 80, 30, 30];

/** A dataset whose first image is valid, the second damaged and the third missing. */
function hostileCase() {
  const classes = [HOSTILE, 'dog', 'owl'];
  const folder = emptyFolder();
  const dataset = makeDataset(
    classes,
    new Map([
      [1, [[HOSTILE, A]]],
      [2, [['dog', A]]],
      [3, [['dog', A]]],
    ]),
  );
  dataset.name = HOSTILE;
  for (const image of dataset.images) image.path = path.join(folder, image.fileName);
  dataset.images[0].fileName = `${HOSTILE}.jpg`;
  writeFileSync(dataset.images[0].path, png(200, 150));
  writeFileSync(dataset.images[1].path, 'no image');
  const predictions = makePredictions(
    classes,
    new Map([
      [
        1,
        [
          [HOSTILE, 0.9, A],
          ['dog', 0.8, A],
          [HOSTILE, 0.7, NOWHERE],
        ],
      ],
      [2, [['dog', 0.6, NOWHERE]]],
      [
        3,
        [
          ['dog', 0.5, NOWHERE],
          ['owl', 0.2, A],
        ],
      ],
    ]),
  );
  return { dataset, predictions };
}

describe('the evaluation report', () => {
  it.each(['voc07', 'coco'] as const)('is one safe page with %s', async (metric) => {
    const { dataset, predictions } = hostileCase();
    const analysis = analyze(dataset, predictions, { metric, scoreThreshold: 0.1 });
    const page = await renderReport(analysis, {
      model: [['Model', HOSTILE]],
      speed: { seconds: 2, images: 3 },
      created: new Date('2030-01-02T03:04:05Z'),
    });
    expect(page).not.toContain(HOSTILE);
    expect(page).not.toContain('<script');
    expect(page).not.toMatch(/NaN|undefined|Infinity/);
    expect(page).not.toMatch(/(src|href)="(?!data:image\/jpeg;base64,)/);
    expect(page).toContain('2030-01-02 03:04 UTC');
    expect(page).toContain('1.50'); // images per second
    expect(page).toContain('image not found');
    expect(page).toContain('image not readable');
    expect(page).toMatch(/no ground truth that counts: owl/);
  });

  it('puts the bars of many classes in two columns', async () => {
    const bars = async (count: number) => {
      const classes = Array.from({ length: count }, (_, i) => `class ${i}`);
      const dataset = makeDataset(classes, new Map([[1, classes.map((name) => [name, A])]]));
      const analysis = analyze(dataset, makePredictions(classes, new Map()), { metric: 'voc07' });
      const page = await renderReport({ ...analysis, misses: [] });
      const charts = page.match(/aria-label="Average precision by class">.*?<\/svg>/g) ?? [];
      return charts.map((chart) => chart.match(/<rect class="bar"/g)?.length);
    };
    expect(await bars(30)).toEqual([30]);
    expect(await bars(31)).toEqual([16, 15]);
  });

  it('shows a crop of the image around an error', async () => {
    const { dataset, predictions } = hostileCase();
    const page = await renderReport(analyze(dataset, predictions, { metric: 'voc12' }));
    const [, data] = /data:image\/jpeg;base64,([^"]+)"/.exec(page) ?? [];
    const { width, height } = await decodeImage(Buffer.from(data, 'base64'));
    expect(width / height).toBeCloseTo(4 / 3, 1);
  });

  it('renders an evaluation without detections and ground truth', async () => {
    const dataset = makeDataset(['cat'], new Map([[1, []]]));
    const nothing = analyze(dataset, makePredictions(['cat'], new Map()), { metric: 'coco' });
    const page = await renderReport(nothing);
    expect(page).toContain('No boxes are missed.');
    expect(page).toContain('There are no wrong detections.');
    expect(page).not.toMatch(/NaN|undefined|Infinity/);
  });
});

describe('crops', () => {
  const image = { width: 400, height: 300 };

  it('have a margin around the boxes and stay inside the image', () => {
    const middle = cropAround([{ x: 180, y: 130, width: 40, height: 40 }], image);
    expect(middle).toEqual({ x: 136, y: 102, width: 128, height: 96 });
    const corner = cropAround([{ x: -20, y: 280, width: 50, height: 50 }], image);
    expect(corner.x).toBe(0);
    expect(corner.y + corner.height).toBe(300);
    const whole = cropAround([{ x: 0, y: 0, width: 400, height: 300 }], image);
    expect(whole).toEqual({ x: 0, y: 0, width: 400, height: 300 });
  });

  it('average pixels, gray ones too', () => {
    const gray = {
      data: Uint8Array.of(0, 100, 200, 100),
      width: 2,
      height: 2,
      channels: 1 as const,
    };
    const { data } = shrinkCrop(gray, { x: 0, y: 0, width: 2, height: 2 }, 1);
    expect([...data]).toEqual([100, 100, 100, 255]);
    const right = shrinkCrop(gray, { x: 1, y: 0, width: 1, height: 2 }, 9);
    expect([...right.data]).toEqual([100, 100, 100, 255, 100, 100, 100, 255]);
  });
});
