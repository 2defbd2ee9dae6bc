import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { ImageResult, ResultFormat } from '../../../src/cli/output/format.ts';
import { FORMATS } from '../../../src/cli/output/formats.ts';
import { NO_COLORS } from '../../../src/cli/terminal.ts';
import { loadSplits } from '../../../src/datasets/index.ts';
import { parseVocXml } from '../../../src/datasets/voc/voc-xml.ts';
import { temporaryFolder } from '../helpers.ts';

const temporary = temporaryFolder();
afterAll(temporary.remove);

const CLASSES = ['cat', 'dog'];
const RESULTS: ImageResult[] = [
  {
    file: 'a/one.jpg',
    width: 200,
    height: 100,
    detections: [
      {
        label: 'dog',
        classId: 1,
        score: 0.987654,
        box: { x: 10, y: 20.126, width: 50, height: 40 },
      },
      { label: 'cat', classId: 0, score: 0.5, box: { x: 0, y: 0, width: 200, height: 100 } },
    ],
  },
  { file: 'b/"two", too.jpg', width: 30, height: 40, detections: [] },
];

function whole(format: ResultFormat, results: readonly ImageResult[]): string {
  const document = format.document!({ classes: CLASSES, colors: NO_COLORS });
  const imageFiles = results.map((result) => document.image(result));
  return [document.start ?? '', ...imageFiles, document.end?.() ?? ''].join('');
}

describe('json', () => {
  it('is one array with rounded numbers', () => {
    const parsed = JSON.parse(whole(FORMATS.json, RESULTS));
    expect(parsed).toHaveLength(2);
    expect(parsed[0].detections[0]).toEqual({
      label: 'dog',
      classId: 1,
      score: 0.9877,
      box: { x: 10, y: 20.13, width: 50, height: 40 },
    });
    expect(parsed[1]).toEqual({ ...RESULTS[1] });
  });

  it('is an empty array without images', () => {
    expect(JSON.parse(whole(FORMATS.json, []))).toEqual([]);
  });

  it('is one object per file', () => {
    expect(JSON.parse(FORMATS.json.page!(RESULTS[1]))).toEqual(RESULTS[1]);
  });
});

describe('jsonl', () => {
  it('has a line for every image, also without objects', () => {
    const lines = whole(FORMATS.jsonl, RESULTS).split('\n');
    expect(lines.map((line) => line && JSON.parse(line).file)).toEqual([
      'a/one.jpg',
      'b/"two", too.jpg',
      '',
    ]);
  });
});

describe('csv', () => {
  it('has a header and a line for every detection', () => {
    expect(whole(FORMATS.csv, RESULTS)).toBe(
      'file,label,class_id,score,x,y,width,height\n' +
        'a/one.jpg,dog,1,0.9877,10,20.13,50,40\n' +
        'a/one.jpg,cat,0,0.5,0,0,200,100\n',
    );
  });

  it('quotes what would break a line', () => {
    const [{ detections }] = RESULTS;
    const text = whole(FORMATS.csv, [{ ...RESULTS[1], detections: detections.slice(1) }]);
    expect(text).toContain('\n"b/""two"", too.jpg",cat,');
  });
});

describe('coco', () => {
  it('is a dataset whose boxes have scores', async () => {
    const text = whole(FORMATS.coco, RESULTS);
    const { images, annotations, categories } = JSON.parse(text);
    expect(images).toEqual([
      { id: 1, file_name: 'a/one.jpg', width: 200, height: 100 },
      { id: 2, file_name: 'b/"two", too.jpg', width: 30, height: 40 },
    ]);
    expect(annotations).toHaveLength(2);
    expect(annotations[0]).toEqual({
      id: 1,
      image_id: 1,
      category_id: 2,
      bbox: [10, 20.13, 50, 40],
      area: 2000,
      iscrowd: 0,
      score: 0.9877,
    });
    expect(categories.map(({ name }: { name: string }) => name)).toEqual(CLASSES);
  });

  it('is read by the dataset reader', async () => {
    mkdirSync(temporary.at('coco'));
    const file = temporary.at('coco', 'detections.json');
    writeFileSync(file, whole(FORMATS.coco, RESULTS));
    const [{ images, classes }] = await loadSplits(file);
    expect(classes).toEqual(CLASSES);
    expect(images.map(({ boxes }) => boxes.map(({ classId }) => classId))).toEqual([[1, 0], []]);
  });

  it('is valid without images', () => {
    expect(JSON.parse(whole(FORMATS.coco, []))).toMatchObject({ images: [], annotations: [] });
  });
});

describe('yolo', () => {
  it('has centers and sizes in fractions of the image', () => {
    expect(FORMATS.yolo.page!(RESULTS[0])).toBe(
      '1 0.175000 0.401260 0.250000 0.400000 0.9877\n0 0.500000 0.500000 1.000000 1.000000 0.5\n',
    );
    expect(FORMATS.yolo.page!(RESULTS[1])).toBe('');
  });
});

describe('voc', () => {
  it('is read by the annotation reader, pixels counted from 1', () => {
    const { width, height, objects } = parseVocXml(FORMATS.voc.page!(RESULTS[0]));
    expect([width, height]).toEqual([200, 100]);
    expect(objects.map(({ name, corners }) => [name, ...corners])).toEqual([
      ['dog', 11, 21.13, 60, 60.13],
      ['cat', 1, 1, 200, 100],
    ]);
  });

  it('escapes names', () => {
    const file = path.join('x', 'a&b<c>.jpg');
    const [detection] = RESULTS[0].detections;
    const page = FORMATS.voc.page!({
      ...RESULTS[0],
      file,
      detections: [{ ...detection, label: '<&>\x1b' }],
    });
    expect(page).toContain('<filename>a&amp;b&lt;c&gt;.jpg</filename>');
    expect(parseVocXml(page).objects[0].name).toBe('<&>');
  });
});

describe('table', () => {
  it('shows rounded numbers under a title', () => {
    expect(whole(FORMATS.table, RESULTS)).toBe(
      [
        'a/one.jpg  200×100  2 objects',
        '  object  score   x   y  width  height',
        '  dog     0.99   10  20     50      40',
        '  cat     0.50    0   0    200     100',
        'b/"two", too.jpg  30×40  nothing found',
        '',
      ].join('\n'),
    );
  });

  it('shows control characters of foreign names instead of obeying them', () => {
    const [result] = RESULTS;
    const [detection] = result.detections;
    const hostile = {
      ...result,
      file: 'a\x1b[2J.jpg',
      detections: [{ ...detection, label: 'x\ny' }],
    };
    const text = whole(FORMATS.table, [hostile]);
    expect(text).toContain('a\\x1b[2J.jpg');
    expect(text).toContain('x y');
  });
});
