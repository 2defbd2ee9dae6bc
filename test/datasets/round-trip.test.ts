/** What is read from any format, and written in any other, is the same. */
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ResultFormat } from '../../src/cli/output/format.ts';
import { FORMATS } from '../../src/cli/output/formats.ts';
import { NO_COLORS } from '../../src/cli/terminal.ts';
import { DATASET_FORMATS, WRITTEN_FORMATS } from '../../src/datasets/dataset-types.ts';
import {
  checkDataset,
  convertDataset,
  type Dataset,
  type DatasetFormat,
  loadDataset,
  loadSplits,
} from '../../src/datasets/index.ts';
import { evaluate } from '../../src/evaluation/evaluate.ts';
import { Predictions } from '../../src/evaluation/predictions.ts';
import { LABELS, type PlainImage, plainImages, VARIANTS, WRITTEN } from './generate.ts';
import { emptyFolder, folderWith, type Tree } from './tree.ts';

/** Boxes by the name of the image, sorted: not every format keeps an order of images. */
function boxesOf({ images, classes }: Dataset): Map<string, (string | number)[][]> {
  const named = images.map(({ fileName, boxes }): [string, (string | number)[][]] => [
    path
      .basename(fileName)
      .normalize()
      .replace(/\.\w+$/, ''),
    boxes.map(({ classId, box: { x, y, width, height } }) => [
      classes[classId],
      x,
      y,
      width,
      height,
    ]),
  ]);
  return new Map(named.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function expected(images: readonly PlainImage[], lost: (name: string) => string) {
  const near = (value: number) => expect.closeTo(value, 2);
  return new Map(
    images
      .map(({ stem, boxes }): [string, unknown[][]] => [
        lost(stem.normalize()),
        boxes.map(({ label, box: { x, y, width, height } }) => [
          label,
          ...[x, y, width, height].map(near),
        ]),
      ])
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

/** Open Images has no rows for an image without boxes. */
const known = (format: DatasetFormat, images: PlainImage[]) =>
  format === 'openimages' ? images.filter(({ boxes }) => boxes.length > 0) : images;

describe.each(DATASET_FORMATS)('a dataset of the format %s', (format) => {
  it('is read as it was written, without an error', async () => {
    await fc.assert(
      fc.asyncProperty(plainImages, async (images) => {
        const folder = folderWith(WRITTEN[format](images));
        const dataset = await loadDataset(folder);
        expect(dataset).toMatchObject({ format, split: 'train', warnings: [] });
        expect(boxesOf(dataset)).toEqual(expected(known(format, images), (name) => name));
        expect((await checkDataset(folder)).errors).toEqual([]);
      }),
      { numRuns: 8 },
    );
  });

  it.each(WRITTEN_FORMATS)('is the same in the format %s', async (other) => {
    await fc.assert(
      fc.asyncProperty(plainImages, async (images) => {
        const out = path.join(emptyFolder(), 'out');
        await convertDataset(await loadSplits(folderWith(WRITTEN[format](images))), other, out);
        const flat = other === 'voc' ? (name: string) => name.replace(/[\s']/g, '_') : String;
        expect(boxesOf(await loadDataset(out))).toEqual(expected(known(format, images), flat));
        const { errors, warnings } = await checkDataset(out);
        expect([errors, warnings]).toEqual([[], []]);
      }),
      { numRuns: 4 },
    );
  });
});

it.each(VARIANTS)('%s is read like any other', async (_, format, write) => {
  await fc.assert(
    fc.asyncProperty(plainImages, async (images) => {
      const folder = folderWith(write(images));
      const dataset = await loadDataset(folder);
      expect(dataset).toMatchObject({ format, split: 'train', warnings: [] });
      expect(boxesOf(dataset)).toEqual(expected(known(format, images), (name) => name));
      const { errors, warnings } = await checkDataset(folder);
      expect([errors, warnings.filter(({ code }) => code !== 'unused-label')]).toEqual([[], []]);
    }),
    { numRuns: 6 },
  );
});

/** What `detect` writes, and the files that make a dataset of it. */
const DETECTED: Record<string, (images: readonly PlainImage[]) => Tree> = {
  coco: (images) => document('coco', images, 'photos/result.json'),
  labelstudio: (images) => document('labelstudio', images, 'photos/result.json'),
  cvat: (images) => document('cvat', images, 'photos/result.xml'),
  voc: (images) => pages('voc', images, (stem) => `photos/${stem}.xml`),
  yolo: (images) => ({
    ...pages('yolo', images, (stem) => `labels/${stem}.txt`),
    'labels/classes.txt': FORMATS.yolo.listing!({ classes: LABELS, colors: NO_COLORS }).text,
  }),
};

const result = ({ stem, width, height, boxes }: PlainImage) => ({
  file: `photos/${stem}.png`,
  width,
  height,
  detections: [
    ...boxes.map(({ label, box }, i) => {
      return { label, classId: LABELS.indexOf(label), score: 0.9 - i / 100, box };
    }),
    // Nothing is left of it in any format.
    { label: 'nut', classId: 0, score: 0.1, box: { x: 3, y: 3, width: 1e-7, height: 1e-7 } },
  ],
});

function document(name: keyof typeof FORMATS, images: readonly PlainImage[], file: string): Tree {
  const format: ResultFormat = FORMATS[name];
  const text = format.document!({ classes: LABELS, colors: NO_COLORS });
  const pieces = [text.start ?? '', ...images.map((image) => text.image(result(image)))];
  return { [file]: pieces.join('') + (text.end?.() ?? '') };
}

function pages(
  name: 'voc' | 'yolo',
  images: readonly PlainImage[],
  file: (stem: string) => string,
): Tree {
  const { page }: ResultFormat = FORMATS[name];
  return Object.fromEntries(images.map((image) => [file(image.stem), page!(result(image))]));
}

describe('detections', () => {
  it.each(Object.keys(DETECTED))('in the format %s are a dataset that scores 1', async (name) => {
    await fc.assert(
      fc.asyncProperty(plainImages, async (images) => {
        const pictures = Object.entries(WRITTEN.cvat(images)).filter(([file]) => /png$/.test(file));
        const place = name === 'yolo' ? 'images/' : 'photos/';
        const files = pictures.map(([file, bytes]) => [file.replace('images/', place), bytes]);
        const folder = folderWith({ ...Object.fromEntries(files), ...DETECTED[name](images) });
        const location = name === 'yolo' ? folder : path.join(folder, 'photos');
        const { errors } = await checkDataset(location);
        expect(errors).toEqual([]);
        const dataset = await loadDataset(location);
        expect(boxesOf(dataset)).toEqual(expected(images, String));
        const predictions = new Predictions(dataset.classes);
        for (const { id, boxes } of dataset.images) {
          const found = boxes.map(({ classId, box }) => {
            return { label: dataset.classes[classId], classId, score: 0.5, box };
          });
          predictions.add(id, found);
        }
        expect(evaluate(dataset, predictions, { metric: 'voc12' })).toMatchObject({ mAP: 1 });
      }),
      { numRuns: 6 },
    );
  });
});
