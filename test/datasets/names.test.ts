/** Names of images, classes, splits and files that read the same, and names that lead away. */
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  checkDataset,
  convertDataset,
  fixDataset,
  loadDataset,
  loadSplits,
} from '../../src/datasets/index.ts';
import { emptyFolder, folderWith, png, type Tree, vocObject, vocXml } from './tree.ts';

const IMAGE = png(100, 80);
const ENTRY = { id: 1, file_name: 'a.png', width: 100, height: 80 };
const BOX = { id: 1, image_id: 1, category_id: 1, bbox: [60, 10, 30, 30] };
const NUT = { id: 1, name: 'nut' };
const coco = (
  images: object[] = [ENTRY],
  annotations: object[] = [BOX],
  categories: object[] = [NUT],
) => JSON.stringify({ images, annotations, categories });
const named = (file_name: string): Tree => ({
  'annotations/train.json': coco([{ ...ENTRY, file_name }]),
  'images/a.png': IMAGE,
});

const findings = async (location: string) => {
  const { errors, warnings, notes } = await checkDataset(location);
  return [...errors, ...warnings, ...notes].map(({ code, file }) => {
    return `${code} ${path.relative(location, file!)}`;
  });
};
const object = vocObject('nut', [61, 11, 90, 40]);

describe('names that lead away', () => {
  it.each([
    '../images/a.png',
    '..\\images\\a.png',
    'C:\\data\\images\\a.png',
    '../ab/a.png',
    'x/../a.png',
  ])('are looked for inside of a COCO dataset: %s', async (name) => {
    const folder = folderWith(named(name));
    expect(await findings(folder)).toEqual([]);
    expect((await loadDataset(folder)).images[0].path).toBe(path.join(folder, 'images/a.png'));
  });

  it('mean the image they say before another of that name', async () => {
    const tree = { ...named('../b/images/a.png'), 'b/images/a.png': png(100, 80, 3) };
    const folder = folderWith(tree);
    expect((await loadDataset(folder)).images[0].fileName).toBe('b/images/a.png');
  });

  it('never mean a file outside of the dataset', async () => {
    const outer = folderWith({
      'secret.png': IMAGE,
      'ds/annotations/train.json': coco([{ ...ENTRY, file_name: '../../secret.png' }]),
      'ds/images/b.png': IMAGE,
    });
    expect(await findings(path.join(outer, 'ds'))).toContain('unsafe-path annotations/train.json');
  });

  it.each(['C:\\data\\JPEGImages\\a.png', '../JPEGImages/a.png', '/data/a'])(
    'are looked for inside of a VOC dataset: %s',
    async (name) => {
      const folder = folderWith({
        'ImageSets/Main/train.txt': `${name}\n`,
        'Annotations/a.xml': vocXml(object, 100, 80),
        'JPEGImages/a.png': IMAGE,
      });
      expect(await findings(folder)).toEqual([]);
    },
  );
});

describe('class names that look the same', () => {
  const composed = 'caf\u00e9';
  const apart = 'cafe\u0301';

  it('are one COCO class', async () => {
    const second = { ...BOX, id: 2, category_id: 2, bbox: [1, 1, 9, 9] };
    for (const [one, two] of [
      [composed, apart],
      ['dog', 'dog '],
    ]) {
      const folder = folderWith({
        'annotations/train.json': coco(
          [ENTRY],
          [BOX, second],
          [
            { id: 1, name: one },
            { id: 2, name: two },
          ],
        ),
        'images/a.png': IMAGE,
      });
      const { classes, images } = await loadDataset(folder);
      expect([classes, images[0].boxes.map(({ classId }) => classId)]).toEqual([[one], [0, 0]]);
      expect(await findings(folder)).toEqual(['merged-classes annotations/train.json']);
    }
  });

  it('are one VOC class, and one YOLO class', async () => {
    const folder = folderWith({
      'a.xml': vocXml(object.replace('nut', composed) + object.replace('nut', apart), 100, 80),
      'a.png': IMAGE,
    });
    expect((await loadDataset(folder)).classes).toEqual([composed]);
    expect(await findings(folder)).toEqual(['merged-classes ']);
    const yolo = folderWith({
      'classes.txt': `${composed}\n${apart}\n`,
      'images/a.png': IMAGE,
      'labels/a.txt': '1 0.5 0.5 0.2 0.2\n',
    });
    const { classes, images } = await loadDataset(yolo);
    expect([classes, images[0].boxes[0].classId]).toEqual([[composed], 0]);
  });

  it('are of one list when they come in different splits', async () => {
    const xml = (name: string) => vocXml(object.replace('nut', name), 100, 80);
    const folder = folderWith({
      'train/a.xml': xml(composed),
      'train/a.png': IMAGE,
      'val/b.xml': xml(apart),
      'val/b.png': png(100, 80, 1),
    });
    for (const { classes } of await loadSplits(folder)) expect(classes).toEqual([composed]);
  });
});

describe('values of COCO and VOC files', () => {
  it('say yes as a number, a text or a truth value', async () => {
    for (const yes of [1, '1', true, 'true']) {
      const annotations = [{ ...BOX, iscrowd: yes }];
      const tree = { ...named('a.png'), 'annotations/train.json': coco([ENTRY], annotations) };
      expect((await loadDataset(folderWith(tree))).images[0].boxes[0].crowd).toBe(true);
    }
    for (const [text, difficult] of [
      ['True', true],
      ['1', true],
      ['0', false],
      ['False', false],
    ] as const) {
      const xml = vocXml(object.replace('<difficult>0<', `<difficult>${text}<`), 100, 80);
      const { images } = await loadDataset(folderWith({ 'a.xml': xml, 'a.png': IMAGE }));
      expect(images[0].boxes[0].difficult).toBe(difficult);
    }
  });

  it('are a finding when an object has two boxes or two names', async () => {
    const box = /<bndbox>.*<\/bndbox>/;
    for (const twice of [
      object.replace(box, '$&$&'),
      object.replace('<name>', '<name>bolt</name><name>'),
    ]) {
      const folder = folderWith({ 'a.xml': vocXml(twice, 100, 80), 'a.png': IMAGE });
      expect(await findings(folder)).toContain('malformed-file a.xml');
    }
  });

  it('with too many digits are called so', async () => {
    const text = coco().replace('"id":1,"file_name"', '"id":1234567890123456789,"file_name"');
    const folder = folderWith({ ...named('a.png'), 'annotations/train.json': text });
    const { errors } = await checkDataset(folder);
    expect(errors.map(({ message }) => message).join()).toContain('too large to be exact');
  });

  it('of half a character are never written', async () => {
    const text = coco([ENTRY], [BOX], [{ id: 1, name: 'a\ud83d' }]);
    const folder = folderWith({ ...named('a.png'), 'annotations/train.json': text });
    expect(await findings(folder)).toContain('text-encoding ');
    const fixed = await fixDataset(folder, path.join(emptyFolder(), 'fixed'));
    expect(fixed).toMatchObject({ images: 1, boxes: 0, dropped: { 'text-encoding': 1 } });
    await expect(loadSplits(folder)).rejects.toThrow('lost characters');
    const splits = await loadSplits(folderWith(named('a.png')));
    const odd = splits.map((split) => ({ ...split, classes: ['a\ud83d'] }));
    const out = path.join(emptyFolder(), 'out');
    await expect(convertDataset(odd, 'voc', out)).rejects.toThrow('lost characters');
  });
});

describe('files of a dataset', () => {
  it('are VOC lists in any case of letters', async () => {
    const folder = folderWith({
      'ImageSets/Main/TRAIN.TXT': 'a\n',
      'ImageSets/Main/TEST.TXT': 'b\n',
      ...Object.fromEntries(
        ['a', 'b'].flatMap((id, i): [string, string | Uint8Array][] => [
          [`annotations/${id}.XML`, vocXml(object, 100, 80)],
          [`JPEGIMAGES/${id}.png`, png(100, 80, i)],
        ]),
      ),
    });
    const splits = await loadSplits(folder);
    expect(splits.map(({ split, images }) => [split, images.map(({ id }) => id)])).toEqual([
      ['train', ['a']],
      ['test', ['b']],
    ]);
  });

  it('are VOC annotations beside nested images', async () => {
    const folder = folderWith({
      'a.xml': vocXml(object, 100, 80),
      'a.png': IMAGE,
      'x/b.xml': vocXml(object, 100, 80),
      'x/b.png': png(100, 80, 1),
    });
    const { images } = await loadDataset(folder);
    expect(images.map(({ fileName }) => fileName)).toEqual(['a.png', 'x/b.png']);
    expect(await findings(folder)).toEqual([]);
  });

  const root = (name: string, listed: boolean): Tree => ({
    ...(listed && { [`${name}/ImageSets/Main/train.txt`]: 'a\n' }),
    [`${name}/Annotations/a.xml`]: vocXml(object, 100, 80),
    [`${name}/JPEGImages/a.png`]: png(100, 80, name.length),
  });

  it('beside the roots of a devkit are named', async () => {
    const year = folderWith({ ...root('VOC2007', true), ...root('VOC2012', false) });
    expect(await findings(year)).toEqual(['unused-label VOC2012']);
    const inner = folderWith({ ...root('VOCdevkit/VOC2007', true), ...root('more', false) });
    expect(await findings(inner)).toEqual(['unused-label more']);
  });

  it('are warned of when they are labels of a split that is none', async () => {
    const pair = (folder: string, level: number): Tree => ({
      [`${folder}/a.xml`]: vocXml(object, 100, 80),
      [`${folder}/a.png`]: png(100, 80, level),
    });
    const folder = folderWith({ ...pair('train', 1), ...pair('holdout', 2) });
    expect(await findings(folder)).toEqual(['unused-label holdout']);
  });

  it('are several JSON files whose names end in a split', async () => {
    const folder = folderWith({
      'person_train.json': coco(),
      'person_val.json': coco([{ ...ENTRY, file_name: 'b.png' }]),
      'images/a.png': IMAGE,
      'images/b.png': png(100, 80, 1),
    });
    expect((await loadSplits(folder)).map(({ split }) => split)).toEqual(['train', 'val']);
    expect(await findings(folder)).toEqual([]);
  });

  it('are a JSON file whose lists come late', async () => {
    const info = JSON.stringify({ description: 'x'.repeat(100_000) });
    const folder = folderWith({
      'labels.json': coco().replace('{', `{"info":${info},`),
      'a.png': IMAGE,
    });
    expect((await loadDataset(folder)).format).toBe('coco');
  });

  it('are accounted for when the JSON file is given, with one note', async () => {
    const folder = folderWith({
      'l.json': coco(),
      ...Object.fromEntries(['a', 'b', 'c'].map((id, i) => [`${id}.png`, png(100, 80, i)])),
    });
    const { notes } = await checkDataset(path.join(folder, 'l.json'));
    expect(notes.map(({ code, message }) => [code, message])).toEqual([
      ['unlabeled-image', expect.stringContaining('2 files such as b.png')],
    ]);
  });
});
