import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  checkDataset,
  imageSize,
  loadDataset,
  openDataset,
  vocCorners,
} from '../../src/datasets/index.ts';
import { VOC_CLASSES } from '../../src/labels.ts';
import { folderWith, png, type Tree, vocObject, vocTree, vocXml } from './tree.ts';

const load = (tree: Tree, split?: string) => loadDataset(folderWith(tree), { split });
const CAT = vocObject('cat', [11, 6, 20, 15]);

describe('reading PASCAL VOC folders', () => {
  it('turns 1-based inclusive corners into a box and back', async () => {
    const { images, classes } = await load(vocTree({ a: vocXml(CAT) }));
    const [{ box, classId, difficult, line }] = images[0].boxes;
    expect(box).toEqual({ x: 10, y: 5, width: 10, height: 10 });
    expect(vocCorners(box)).toEqual([11, 6, 20, 15]);
    expect(classes[classId]).toBe('cat');
    expect({ difficult, line }).toEqual({ difficult: false, line: 3 });
  });

  it('knows the difficult flag, the image and its size', async () => {
    const { images } = await load(vocTree({ a: vocXml(vocObject('cat', [1, 1, 9, 9], 1)) }));
    expect(images[0].boxes[0].difficult).toBe(true);
    expect(images[0]).toMatchObject({ id: 'a', fileName: 'a.png', width: 40, height: 30 });
    expect(images[0].path).toMatch(/JPEGImages[/\\]a\.png$/);
  });

  it('keeps fractional corners and leaves out the boxes of parts', async () => {
    const part = '<part><name>head</name><bndbox><xmin>1</xmin></bndbox></part></object>';
    const object = vocObject('person', [1.5, 2.25, 9.5, 8]).replace('</object>', part);
    const { images } = await load(vocTree({ a: vocXml(object) }));
    expect(images[0].boxes.map(({ box }) => vocCorners(box))).toEqual([[1.5, 2.25, 9.5, 8]]);
  });

  it('leaves out boxes without area with a warning that names file and line', async () => {
    const objects = CAT + vocObject('cat', [5, 5, 5, 5]) + vocObject('cat', [9, 1, 3, 4]);
    const { images, warnings } = await load(vocTree({ a: vocXml(objects) }));
    expect(images[0].boxes).toHaveLength(1);
    expect(warnings).toMatchObject([
      { code: 'zero-area-box', severity: 'warning', line: 8 },
      { code: 'zero-area-box', severity: 'warning', line: 13 },
    ]);
    expect(warnings[0].file).toMatch(/a\.xml$/);
    expect(warnings[0].message).toContain('5, 5, 5, 5');
  });

  it('keeps images without objects', async () => {
    const { images } = await load(vocTree({ a: vocXml() }));
    expect(images.map(({ boxes }) => boxes)).toEqual([[]]);
  });

  it('ignores the lists of single classes and the second column', async () => {
    const tree = {
      ...vocTree({ a: vocXml(CAT), b: vocXml() }, 'val'),
      'ImageSets/Main/val.txt': 'a  1\r\nb -1\r\n',
      'ImageSets/Main/cat_val.txt': 'a 1\n',
    };
    expect((await load(tree)).images.map(({ id }) => id)).toEqual(['a', 'b']);
  });
});

describe('classes of a PASCAL VOC folder', () => {
  it('are the twenty of VOC when no other occurs', async () => {
    expect((await load(vocTree({ a: vocXml(CAT) }))).classes).toEqual(VOC_CLASSES);
  });

  it('do not depend on the split', async () => {
    const tree = {
      ...vocTree({ a: vocXml(vocObject('zebra', [1, 1, 9, 9])), b: vocXml(CAT) }),
      'ImageSets/Main/train.txt': 'a\n',
    };
    expect((await load(tree)).classes).toEqual(['cat', 'zebra']);
    const folder = folderWith({ ...tree, 'ImageSets/Main/val.txt': 'b\n' });
    for (const split of ['train', 'val', 'train+val']) {
      expect((await loadDataset(folder, { split })).classes).toEqual(['cat', 'zebra']);
    }
    expect((await checkDataset(folder)).errors).toEqual([]);
  });

  it('are the twenty where there are the lists of the official sets', async () => {
    const lists = VOC_CLASSES.map((name) => [`ImageSets/Main/${name}_train.txt`, 'a -1\n']);
    const tree = vocTree({ a: vocXml(CAT) });
    const other = { 'Annotations/b.xml': vocXml(vocObject('zebra', [1, 1, 9, 9])) };
    expect((await load({ ...tree, ...other })).classes).toEqual(['cat', 'zebra']);
    const official = { ...tree, ...other, ...Object.fromEntries(lists) };
    expect((await load(official)).classes).toEqual(VOC_CLASSES);
  });

  it('are those of classes.txt, in its order', async () => {
    const tree = { ...vocTree({ a: vocXml(CAT) }), 'classes.txt': 'dog\ncat\n' };
    const { classes, images } = await load(tree);
    expect(classes).toEqual(['dog', 'cat']);
    expect(images[0].boxes[0].classId).toBe(1);
    const foreign = { ...tree, 'classes.txt': 'dog\n' };
    await expect(load(foreign)).rejects.toThrow(/a\.xml:3: "cat" is not in classes\.txt/);
  });

  it('may be called like a property of every object', async () => {
    const objects = vocObject('__proto__', [1, 1, 9, 9]) + vocObject('constructor', [1, 1, 5, 5]);
    const { classes, images } = await load(vocTree({ a: vocXml(objects) }));
    expect(classes).toEqual(['__proto__', 'constructor']);
    expect(images[0].boxes.map(({ classId }) => classId)).toEqual([0, 1]);
  });
});

describe('splits of PASCAL VOC folders', () => {
  const year = (name: string, id: string) =>
    Object.fromEntries(
      Object.entries(vocTree({ [id]: vocXml(CAT) }, 'trainval')).map(([file, content]) => [
        path.posix.join('VOCdevkit', name, file),
        content,
      ]),
    );
  const devkit = { ...year('VOC2007', '000001'), ...year('VOC2012', '2008_000001') };

  it('of a devkit with two years are joined, or chosen by year', async () => {
    const folder = folderWith(devkit);
    const both = await loadDataset(folder, { split: 'trainval' });
    expect(both.images.map(({ id }) => id)).toEqual(['000001', '2008_000001']);
    const one = await loadDataset(folder, { split: 'VOC2012/trainval' });
    expect(one.images.map(({ id }) => id)).toEqual(['2008_000001']);
  });

  it('of a devkit are joined also where one year has train and val apart', async () => {
    const list = devkit['VOCdevkit/VOC2012/ImageSets/Main/trainval.txt'];
    const { 'VOCdevkit/VOC2012/ImageSets/Main/trainval.txt': _, ...rest } = devkit;
    const folder = folderWith({
      ...rest,
      'VOCdevkit/VOC2012/ImageSets/Main/train.txt': list,
      'VOCdevkit/VOC2012/ImageSets/Main/val.txt': '',
    });
    const { images, split } = await loadDataset(folder, { split: 'trainval' });
    expect(images.map(({ id }) => id)).toEqual(['000001', '2008_000001']);
    expect(split).toBe('trainval');
  });

  it('of several roots given as a list are joined', async () => {
    const folder = path.join(folderWith(devkit), 'VOCdevkit');
    const roots = ['VOC2007', 'VOC2012'].map((name) => path.join(folder, name));
    expect((await loadDataset(roots)).images).toHaveLength(2);
  });

  it('trainval stands for train+val where there is no such list', async () => {
    const tree = {
      ...vocTree({ a: vocXml(CAT), b: vocXml(CAT) }),
      'ImageSets/Main/train.txt': 'a\n',
      'ImageSets/Main/val.txt': 'b\n',
    };
    const dataset = await load(tree, 'trainval');
    expect(dataset.split).toBe('train+val');
    expect(dataset.images.map(({ id }) => id)).toEqual(['a', 'b']);
  });

  it('have to be chosen when there are several, and to exist', async () => {
    const tree = { ...vocTree({ a: vocXml() }), 'ImageSets/Main/val.txt': 'a\n' };
    await expect(load(tree)).rejects.toThrow(/choose a split of .*: train, val/);
    await expect(load(tree, 'test')).rejects.toThrow(
      /not a split of .*: "test" \(there are train, val\)/,
    );
  });

  it('without images are an error', async () => {
    await expect(load({ 'ImageSets/Main/train.txt': '\n' })).rejects.toMatchObject({
      code: 'DATASET_EMPTY',
    });
  });
});

describe('PASCAL VOC annotations without ImageSets', () => {
  const xml = vocXml(vocObject('bolt', [1, 1, 20, 20]));
  const pair = (folder: string, id: string, level = 0): Tree => ({
    [`${folder}${id}.xml`]: xml,
    [`${folder}${id}.png`]: png(40, 30, level),
  });

  it.each<[string, Tree]>([
    ['in the folders of a devkit', { 'Annotations/a.xml': xml, 'JPEGImages/a.png': png(40, 30) }],
    ['in annotations and images', { 'annotations/a.xml': xml, 'images/a.png': png(40, 30) }],
    ['beside their images', pair('', 'a')],
  ])('%s are the split train', async (_, tree) => {
    const folder = folderWith({ ...tree, 'unlabeled.png': png(8, 8) });
    const { splits, format } = await openDataset(folder);
    expect({ splits, format }).toEqual({ splits: ['train'], format: 'voc' });
    const { classes, images } = await loadDataset(folder);
    expect(classes).toEqual(['bolt']);
    expect(images).toMatchObject([{ id: 'a', boxes: [{ box: { width: 20, height: 20 } }] }]);
    expect(await imageSize(images[0])).toEqual({ width: 40, height: 30 });
    expect(existsSync(images[0].path)).toBe(true);
  });

  it('in folders of splits share a class list', async () => {
    const cats = { 'valid/b.xml': vocXml(CAT), 'valid/b.png': png(40, 30, 9) };
    const folder = folderWith({ ...pair('train/', 'a'), ...cats, 'docs/c.xml': '<a/>' });
    expect((await openDataset(folder)).splits).toEqual(['train', 'valid']);
    const classes = ['bolt', 'cat'];
    expect(await loadDataset(folder, { split: 'train' })).toMatchObject({ classes });
    const both = await loadDataset(folder, { split: 'train+val' });
    expect(both.classes).toEqual(classes);
    expect(both.images.map(({ id }) => id)).toEqual(['a', 'b']);
  });

  it('are none where no XML file has the name of an image', async () => {
    const folder = folderWith({ 'pom.xml': '<project/>', 'logo.png': png(8, 8) });
    await expect(openDataset(folder)).rejects.toThrow('not a dataset');
  });
});

describe('malformed PASCAL VOC files', () => {
  const message = (xml: string) => load(vocTree({ a: xml })).then(String, (e: Error) => e.message);

  it('name file and line', async () => {
    expect(await message('<annotation>\n<object>\n</annotation>')).toMatch(/a\.xml:3: unexpected/);
    expect(await message('')).toMatch(/a\.xml:1: /);
    expect(await message('<html></html>')).toContain('<html> is not a VOC annotation');
    expect(await message(vocXml('<object><name>cat</name></object>'))).toMatch(
      /a\.xml:3: the bndbox of "cat" is not four coordinates/,
    );
    expect(await message(vocXml(CAT.replace('11', 'nan')))).toMatch(/is not four coordinates/);
    expect(await message(vocXml(CAT.replace('<name>cat</name>', '')))).toMatch(/has no name/);
  });

  it('cannot define entities', async () => {
    const lol = Array.from(
      { length: 9 },
      (_, i) => `<!ENTITY l${i + 1} "${`&l${i};`.repeat(10)}">`,
    ).join('\n');
    const bomb = `<?xml version="1.0"?>\n<!DOCTYPE a [<!ENTITY l0 "lol">\n${lol}]>\n<annotation>&l9;</annotation>`;
    expect(await message(bomb)).toMatch(/a\.xml:\d+: a DOCTYPE is not allowed/);
    expect(await message('<annotation>&l9;</annotation>')).toMatch(/a\.xml:1: undefined entity/);
    const external = '<!DOCTYPE a SYSTEM "file:///etc/passwd">\n<annotation/>';
    expect(await message(external)).toContain('a DOCTYPE is not allowed');
  });

  it('cannot nest without end', async () => {
    expect(await message(`<annotation>${'<a>'.repeat(100_000)}`)).toContain('nested more than 32');
  });

  it('that are missing are named', async () => {
    const tree = { ...vocTree({ a: vocXml() }), 'ImageSets/Main/train.txt': 'a\nb\n' };
    await expect(load(tree)).rejects.toThrow(/b\.xml cannot be read/);
  });

  it('cannot name images outside the dataset', async () => {
    for (const id of ['../../etc/passwd', '/etc/passwd', '..\\..\\x']) {
      const tree = { ...vocTree({ a: vocXml() }), 'ImageSets/Main/train.txt': `a\n${id}\n` };
      await expect(load(tree)).rejects.toThrow(/train\.txt:2: image name .* leaves the dataset/);
    }
  });

  it('may list an image twice: it is read once', async () => {
    const tree = { ...vocTree({ a: vocXml() }), 'ImageSets/Main/train.txt': 'a\na\n' };
    const { images, warnings } = await load(tree);
    expect(images).toHaveLength(1);
    expect(warnings).toMatchObject([{ code: 'repeated-image', line: 2 }]);
  });
});
