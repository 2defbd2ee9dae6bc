import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCocoResults, writeCocoResults } from '../../src/evaluation/coco-results.ts';
import { Predictions } from '../../src/evaluation/predictions.ts';
import { readVocResults, writeVocResults } from '../../src/evaluation/voc-results.ts';
import { emptyFolder, folderWith } from '../datasets/tree.ts';
import { makeDataset, makePredictions, type Rect } from './helpers.ts';

const A: Rect = [10, 20, 30.5, 40];
const CLASSES = ['cat', 'hot dog'];
const coco = {
  ...makeDataset(
    CLASSES,
    new Map([
      [7, []],
      [42, []],
    ]),
  ),
  categoryIds: [17, 58],
};
const voc = makeDataset(
  CLASSES,
  new Map([
    ['000007', []],
    ['000042', []],
  ]),
);

const contents = ({ table, length, imageIds, classes }: Predictions) =>
  Array.from({ length }, (_, row) => [
    imageIds[table.image[row]],
    classes[table.classId[row]],
    table.score[row],
    ...table.box.subarray(row * 4, row * 4 + 4),
  ]);

/** Rejects with PREDICTIONS_FORMAT and a message that matches. */
const rejects = (promise: Promise<unknown>, message: RegExp) =>
  expect(promise).rejects.toMatchObject({
    code: 'PREDICTIONS_FORMAT',
    message: expect.stringMatching(message),
  });

describe('COCO results', () => {
  const read = (text: string) =>
    readCocoResults(path.join(folderWith({ 'r.json': text }), 'r.json'), coco);
  const GOOD = { image_id: 7, category_id: 17, bbox: A, score: 0.5 };

  it('names classes by category id', async () => {
    const text = JSON.stringify([GOOD, { ...GOOD, image_id: 42, category_id: 58, score: 1 }]);
    expect(contents(await read(text))).toEqual([
      [7, 'cat', 0.5, ...A],
      [42, 'hot dog', 1, ...A],
    ]);
  });

  it('accepts an empty list and a byte order mark', async () => {
    expect((await read('[]')).length).toBe(0);
    expect((await read(`\ufeff ${JSON.stringify([GOOD])}\n`)).length).toBe(1);
  });

  it('numbers the categories of other datasets from 1', async () => {
    const text = JSON.stringify([{ ...GOOD, image_id: '000007', category_id: 2 }]);
    const file = path.join(folderWith({ 'r.json': text }), 'r.json');
    expect(contents(await readCocoResults(file, voc))).toEqual([['000007', 'hot dog', 0.5, ...A]]);
  });

  it('stores classes under other names if given', async () => {
    const file = path.join(folderWith({ 'r.json': JSON.stringify([GOOD]) }), 'r.json');
    const [[, name]] = contents(await readCocoResults(file, coco, ['feline', 'hot dog']));
    expect(name).toBe('feline');
  });

  it.each<[string, object, RegExp]>([
    ['an unknown image', { image_id: 8 }, /\[1\]\.image_id.*no image 8/],
    ['no image id', { image_id: undefined }, /\[1\]\.image_id.*not nothing/],
    ['an unknown category', { category_id: 3 }, /\[1\]\.category_id.*no category 3/],
    ['a category that is another text', { category_id: '17x' }, /category_id.*no category "17x"/],
    ['three numbers', { bbox: [1, 2, 3] }, /\[1\]\.bbox.*not \[1,2,3\]/],
    ['five numbers', { bbox: [1, 2, 3, 4, 5] }, /\[1\]\.bbox.*not \[1,2,3,4,5\]/],
    ['text in a box', { bbox: [1, 2, '3', 4] }, /\[1\]\.bbox.*"3"/],
    ['null in a box', { bbox: [1, 2, null, 4] }, /\[1\]\.bbox.*null/],
    ['a box beyond any image', { bbox: [1, 2, 3, 1e200] }, /\[1\]\.bbox.*1e\+200/],
    ['a negative width', { bbox: [1, 2, -3, 4] }, /\[1\]\.bbox.*negative size/],
    ['a negative height', { bbox: [1, 2, 3, -4] }, /\[1\]\.bbox.*negative size/],
    ['no score', { score: undefined }, /\[1\]\.score.*not nothing/],
    ['a score in quotes', { score: '0.5' }, /\[1\]\.score.*not "0\.5"/],
  ])('reports file, line and key for %s', async (_, change, message) => {
    const lines = [GOOD, { ...GOOD, ...change }].map((one) => JSON.stringify(one));
    await rejects(read(`[\n${lines.join(',\n')}\n]`), new RegExp(`r\\.json:3.*${message.source}`));
  });

  it.each<[string, string, RegExp]>([
    ['NaN', '[\n{"image_id":7,"category_id":17,"bbox":[NaN,2,3,4],"score":1}]', /r\.json:2/],
    [
      'an infinite number',
      '[{"image_id":7,"category_id":17,"bbox":[1,2,3,4],"score":1e999}]',
      /\[0\]\.score/,
    ],
    ['an object', '{"annotations":[]}', /r\.json:1.*list is expected/],
    ['a number in the list', '[5]', /\[0\].*expected an object/],
    ['a truncated file', '[\n{"image_id":7,"category_id":17,', /r\.json:2/],
    ['a second list', '[]\n[]', /text behind/],
    ['an empty file', '', /list is expected/],
    ['deep nesting', `[${'['.repeat(1e5)}`, /deep/],
  ])('rejects %s', (_, text, message) => rejects(read(text), message));

  it('reports a missing file', async () => {
    await expect(readCocoResults('/none/x.json', coco)).rejects.toMatchObject({
      code: 'FILE_NOT_FOUND',
    });
  });

  it('rejects random bytes with the same error code', async () => {
    const folder = emptyFolder();
    const file = path.join(folder, 'r.json');
    const bytes = fc.oneof(
      fc.string(),
      fc.json(),
      fc.json().map((text) => `[${text}]`),
    );
    await fc.assert(
      fc.asyncProperty(bytes, async (text) => {
        writeFileSync(file, text);
        const error = await readCocoResults(file, coco).then(
          () => undefined,
          (e) => e,
        );
        if (error !== undefined) expect(error).toMatchObject({ code: 'PREDICTIONS_FORMAT' });
      }),
      { numRuns: 60 },
    );
  });
});

describe('VOC results', () => {
  const read = (files: Record<string, string>) => readVocResults(folderWith(files), voc);

  it('converts corners counted from 1 to boxes', async () => {
    const predictions = await read({
      'comp4_det_val_cat.txt': '000007 0.5 11 21 40 60\n\n000042 -1.5e-1 1 1 1 1',
      'comp4_det_val_hot dog.txt': '',
      'notes.md': 'not a result file',
    });
    expect(predictions.classes).toEqual(CLASSES);
    expect(contents(predictions)).toEqual([
      ['000007', 'cat', 0.5, 10, 20, 30, 40],
      ['000042', 'cat', -0.15, 0, 0, 1, 1],
    ]);
  });

  it('reads a single file with only its class', async () => {
    const folder = folderWith({ 'comp4_det_val_cat.txt': '000007 1 1 1 2 2\r\n' });
    const predictions = await readVocResults(path.join(folder, 'comp4_det_val_cat.txt'), voc);
    expect(predictions.classes).toEqual(['cat']);
    expect(predictions.length).toBe(1);
  });

  it('uses the files of the dataset’s split where there are several', async () => {
    const predictions = await read({
      'comp4_det_test_cat.txt': '000007 0.1 1 1 2 2',
      'comp4_det_val_cat.txt': '000007 0.2 1 1 2 2',
    });
    expect(contents(predictions).map(([, , score]) => score)).toEqual([0.2]);
  });

  it('uses the longer of two matching class names', async () => {
    const dataset = makeDataset(['dog', 'hot_dog'], new Map([['1', []]]));
    const folder = folderWith({ 'comp4_det_val_hot_dog.txt': '1 1 1 1 2 2' });
    expect((await readVocResults(folder, dataset)).classes).toEqual(['hot_dog']);
  });

  it.each<[string, string, RegExp]>([
    ['an unknown image', '000008 1 1 1 2 2', /no image "000008"/],
    ['five fields', '000007 1 1 1 2', /not 5 fields/],
    ['seven fields', '000007 1 1 1 2 2 2', /not 7 fields/],
    ['a word', '000007 1 1 1 2 two', /not a coordinate: "two"/],
    ['a coordinate beyond any image', '000007 1 1 1 2 2e9', /not a coordinate: "2e9"/],
    ['a score in words', '000007 high 1 1 2 2', /not a score: "high"/],
    ['nan', '000007 nan 1 1 2 2', /"nan"/],
    ['inf', '000007 inf 1 1 2 2', /"inf"/],
    ['a hexadecimal number', '000007 0x1 1 1 2 2', /"0x1"/],
    ['an infinite number', '000007 1e999 1 1 2 2', /"1e999"/],
    ['an inverted box', '000007 1 9 1 2 2', /inverted/],
  ])('reports file and line for %s', (_, line, message) =>
    rejects(
      read({ 'comp4_det_val_cat.txt': `000007 1 1 1 2 2\n${line}\n` }),
      new RegExp(`comp4_det_val_cat\\.txt:2: .*${message.source}`),
    ),
  );

  it('reports a file of an unknown class', () =>
    rejects(read({ 'comp4_det_val_cta.txt': '' }), /no class "cta" \(did you mean "cat"\?\)/));

  it('rejects a folder without result files, and two files of one class', async () => {
    await rejects(read({ 'a.txt': '' }), /no comp4_det_SPLIT_CLASS\.txt/);
    await rejects(
      read({ 'comp4_det_a_cat.txt': '', 'comp4_det_b_cat.txt': '' }),
      /"cat" has a second file, comp4_det_b_cat\.txt/,
    );
  });

  it('reports a missing folder', async () => {
    await expect(readVocResults('/none', voc)).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
  });
});

describe('writing', () => {
  const predictions = makePredictions(
    CLASSES,
    new Map([
      ['000042', [['hot dog', 1 / 3, A]]],
      ['000007', [['hot dog', 0.25, [0.1234567, 0, 5, 6]]]],
    ]),
  );
  const rounded = [
    ['000042', 'hot dog', 0.333333, ...A],
    ['000007', 'hot dog', 0.25, 0.123457, 0, 5, 6],
  ];

  it('writes COCO results that can be read again, with 6 decimals', async () => {
    const file = path.join(emptyFolder(), 'new', 'r.json');
    await writeCocoResults(file, predictions, voc);
    expect(JSON.parse(readFileSync(file, 'utf8'))[0]).toEqual({
      image_id: '000042',
      category_id: 2,
      bbox: [...A],
      score: 0.333333,
    });
    expect(contents(await readCocoResults(file, voc))).toEqual(rounded);
    expect(readdirSync(path.dirname(file))).toEqual(['r.json']);
  });

  it('writes an empty list without detections', async () => {
    const file = path.join(emptyFolder(), 'r.json');
    await writeCocoResults(file, new Predictions(CLASSES), voc);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual([]);
  });

  it('leaves out classes that the dataset does not have', async () => {
    const file = path.join(emptyFolder(), 'r.json');
    await writeCocoResults(file, predictions, makeDataset(['cat'], new Map()));
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual([]);
  });

  it('writes a VOC file for every class, with numbers as in the devkit', async () => {
    const folder = path.join(emptyFolder(), 'results');
    await writeVocResults(folder, predictions, voc);
    expect(readdirSync(folder)).toEqual(['comp4_det_val_cat.txt', 'comp4_det_val_hot dog.txt']);
    expect(readFileSync(path.join(folder, 'comp4_det_val_cat.txt'), 'utf8')).toBe('');
    expect(readFileSync(path.join(folder, 'comp4_det_val_hot dog.txt'), 'utf8')).toBe(
      '000042 0.333333 11.000000 21.000000 40.500000 60.000000\n' +
        '000007 0.250000 1.123457 1.000000 5.123457 6.000000\n',
    );
    const back = contents(await readVocResults(folder, voc));
    back.forEach((row, i) => {
      expect(row.slice(0, 3)).toEqual(rounded[i].slice(0, 3));
      for (let j = 3; j < 7; j++) expect(row[j]).toBeCloseTo(rounded[i][j] as number, 9);
    });
  });

  it.each([
    ['../up', 'cat'],
    ['a/b', 'cat'],
  ])('does not let class %s choose the folder', async (name) => {
    const folder = path.join(emptyFolder(), 'results');
    await expect(
      writeVocResults(folder, new Predictions([name]), makeDataset([name], new Map())),
    ).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining(name),
    });
  });

  it('rejects image ids that VOC lines cannot hold', async () => {
    const spaced = new Predictions(CLASSES);
    spaced.image('my photo');
    await expect(writeVocResults(emptyFolder(), spaced, voc)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining('my photo'),
    });
  });

  it('reports a file that cannot be written, and leaves no partial file', async () => {
    const folder = folderWith({ 'in-the-way': '' });
    const target = path.join(folder, 'in-the-way', 'r.json');
    await expect(writeCocoResults(target, predictions, voc)).rejects.toMatchObject({
      code: 'FILE_WRITE',
    });
    expect(readdirSync(folder)).toEqual(['in-the-way']);
  });
});
