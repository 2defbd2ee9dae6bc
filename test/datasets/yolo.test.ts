import { symlinkSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkDataset, loadDataset, loadSplits } from '../../src/datasets/index.ts';
import { folderWith, png, type Tree } from './tree.ts';

const YAML = 'train: images/train\nval: images/val\nnames: [person, dog]\n';
const TREE: Tree = {
  'data.yaml': YAML,
  'images/train/a.png': png(40, 20),
  'labels/train/a.txt': '1 0.5 0.5 0.25 0.5\n',
};
const load = (tree: Tree, split = 'train') => loadDataset(folderWith(tree), { split });
const message = (tree: Tree) => load(tree).then(String, (error: Error) => error.message);
const withYaml = (yaml: string): Tree => ({ ...TREE, 'data.yaml': yaml });
const withLabels = (labels: string): Tree => ({ ...TREE, 'labels/train/a.txt': labels });

describe('reading YOLO folders', () => {
  it('turns center and size into pixels', async () => {
    const { classes, images } = await load(TREE);
    expect(classes).toEqual(['person', 'dog']);
    expect(images).toMatchObject([{ id: 'a', fileName: 'a.png', width: 40, height: 20 }]);
    expect(images[0].boxes).toEqual([
      {
        classId: 1,
        box: { x: 15, y: 5, width: 10, height: 10 },
        difficult: false,
        crowd: false,
        line: 1,
      },
    ]);
  });

  it('takes an image without label file, or an empty one, as background', async () => {
    const { images } = await load({ ...withLabels('\n'), 'images/train/sub/b.png': png(8, 8) });
    expect(images.map(({ id, boxes }) => [id, boxes])).toEqual([
      ['a', []],
      ['sub/b', []],
    ]);
  });

  it('puts boxes around polygons, and takes the box of pose labels', async () => {
    const polygons = '0 0.25 0.5 0.5 0.25 0.75 0.5 0.5 1\n1 0.1 0.1 0.3 0.1 0.3 0.4 0.1 0.4\n';
    const { images } = await load(withLabels(polygons));
    expect(images[0].boxes.map(({ box }) => box)).toEqual([
      { x: 10, y: 5, width: 20, height: 15 },
      { x: 4, y: 2, width: expect.closeTo(8), height: expect.closeTo(6) },
    ]);
    const pose = {
      ...withLabels('1 0.5 0.5 0.25 0.5 0.1 0.1 2 0.2 0.2 1\n'),
      'data.yaml': `${YAML}kpt_shape: [2, 3]\n`,
    };
    expect((await load(pose)).images[0].boxes[0].box).toEqual({
      x: 15,
      y: 5,
      width: 10,
      height: 10,
    });
  });

  it('reads over the score that detectors put at the end', async () => {
    const rows = '1 0.5 0.5 0.25 0.5 0.93\n1 0.1 0.1 0.3 0.1 0.3 0.4 0.1 0.4 0.5\n';
    const { images, warnings } = await load(withLabels(rows));
    expect(images[0].boxes.map(({ box }) => box)).toEqual([
      { x: 15, y: 5, width: 10, height: 10 },
      { x: 4, y: 2, width: expect.closeTo(8), height: expect.closeTo(6) },
    ]);
    expect(warnings).toEqual([]);
    const folder = folderWith({
      ...withLabels(rows),
      'data.yaml': YAML.replace('val: images/val\n', ''),
    });
    const { notes, errors } = await checkDataset(folder);
    expect([errors, notes.map(({ code }) => code)]).toEqual([[], ['box-of-shape', 'label-score']]);
  });

  it('reads over the score and the track that trackers put at the end', async () => {
    const box = '1 0.5 0.5 0.25 0.5';
    const triangle = '1 0.1 0.2 0.3 0.2 0.3 0.7';
    const found = async (...rows: string[]) => {
      const { images } = await load(withLabels(rows.join('\n')));
      const round = (value: number) => Math.round(value * 100) / 100;
      return images[0].boxes.map(({ box: { x, y, width, height } }) =>
        [x, y, width, height].map(round).join(),
      );
    };
    const tracked = [`${box} 0.9 3`, `${box} 0.9 1`, `${box} 7`, `${box} 0.9 -1`, `${box} -1`];
    expect(await found(...tracked)).toEqual(tracked.map(() => '15,5,10,10'));
    expect(await found(`${box} 1`, `${box} 0.93`)).toEqual(['15,5,10,10', '15,5,10,10']);
    const polygons = [triangle, `${triangle} 0.9`, `${triangle} 0.9 12`, `${triangle} 5`];
    expect(await found(...polygons)).toEqual(polygons.map(() => '4,4,8,10'));
    // Points on the lower and the upper edge are no tracks.
    const edges = ['1 0.1 0.8 0.3 0.7 0.3 1', '1 0.1 0.2 0.3 0.2 0.3 0'];
    expect(await found(...edges)).toEqual(['4,14,8,6', '4,0,8,4']);
    // Polygons in pixels are malformed rather than tracks.
    for (const pixels of ['1 10 20 30 40 50 60', '1 1 2 3 4 5 6 7 8']) {
      expect(await message(withLabels(pixels))).toContain('not a label');
    }
  });

  it('takes the box of pose labels in a set that does not say that it has them', async () => {
    const person = '1 0.5 0.5 0.25 0.5';
    for (const points of ['0.4 0.4 2 0.6 0.6 1', '0.4 0.4 2 0 0 0 0.5 0.5 2']) {
      const { images } = await load(withLabels(`${person} ${points}\n`));
      expect(images[0].boxes[0].box).toEqual({ x: 15, y: 5, width: 10, height: 10 });
    }
  });

  it('never takes the folder of other splits for one that is missing', async () => {
    const at = (yaml: string) => ({ ...TREE, 'data.yaml': `${yaml}\nnames: [person, dog]` });
    for (const yaml of [
      'train: images/train\ntest: test/images',
      'train: images/train\ntest: images/test/train',
      'train: old/images/train\ntest: old/test/images/train',
      'train: a/images/train\ntest: b/images/train',
    ]) {
      const { errors } = await checkDataset(folderWith(at(yaml))).catch(() => ({ errors: [] }));
      expect(errors.map(({ code }) => code)).not.toContain('split-overlap');
      await expect(loadDataset(folderWith(at(yaml)), { split: 'test' })).rejects.toThrow();
    }
    for (const yaml of [
      'train: /content/set/images/train',
      'train: ../images/train',
      'train: old/images/train',
    ]) {
      expect((await load(at(yaml))).images).toHaveLength(1);
    }
  });

  it('has one class for two numbers of one name', async () => {
    const tree = {
      ...withLabels('0 .5 .5 .1 .1\n1 .5 .5 .1 .1\n2 .5 .5 .1 .1\n'),
      'data.yaml': 'train: images/train\nnames: [a, b, a]\n',
    };
    const { classes, images } = await load(tree);
    expect(classes).toEqual(['a', 'b']);
    expect(images[0].boxes.map(({ classId }) => classId)).toEqual([0, 1, 0]);
    const { notes } = await checkDataset(folderWith(tree));
    expect(notes.map(({ code, message: text }) => `${code}: ${text}`)).toEqual([
      'merged-classes: the classes 0, 2 of "train" are all called "a": they are one class',
    ]);
  });

  it.each([
    ['in a folder', 'images/train'],
    ['in a list', 'list.txt'],
  ])('reports images that share a label file, %s', async (_, entry) => {
    const tree = {
      ...TREE,
      'images/train/a.jpg': png(40, 20, 3),
      'images/train/A.png': png(40, 20, 4),
      'data.yaml': `train: ${entry}\nnames: [a, b]`,
      'list.txt': ['a.png', 'a.jpg', 'A.png'].map((name) => `images/train/${name}\n`).join(''),
    };
    const { errors } = await checkDataset(folderWith(tree));
    expect(errors.map(({ code, message: text }) => [code, text])).toEqual([
      ['ambiguous-name', expect.stringMatching(/a\.(png|jpg) and a\.(png|jpg) share .* a\.txt/)],
    ]);
  });

  it('takes quotes of a list for what they are', async () => {
    const folder = folderWith({
      'images/a b.png': png(9, 9),
      'images/"c".png': png(9, 9, 1),
      "images/d'.png": png(9, 9, 2),
      'list.txt': `"images/a b.png"\nimages/"c".png\n'images/d'.png'\n`,
      'data.yaml': 'train: list.txt\nnames: [a]',
    });
    const { images } = await loadDataset(folder);
    expect(images.map(({ fileName }) => fileName)).toEqual(['a b.png', '"c".png', "d'.png"]);
  });

  it('has a configuration of any case and name, beside other YAML files', async () => {
    for (const name of ['data.YAML', 'Data.yaml', 'coco8.yml', 'set.YML']) {
      const { 'data.yaml': _, ...rest } = TREE;
      const others = {
        'docker-compose.yml': 'services: {}',
        'hyp.yaml': 'lr0: 0.1',
        '.x.yaml': '{',
      };
      expect((await load({ ...rest, ...others, [name]: YAML })).images).toHaveLength(1);
    }
  });

  it('leaves out boxes without area with a warning', async () => {
    const { images, warnings } = await load(withLabels('1 0.5 0.5 0 0.5\n0 .5 .5 .1 .1\n'));
    expect(images[0].boxes).toHaveLength(1);
    expect(warnings).toMatchObject([{ code: 'zero-area-box', line: 1 }]);
  });

  it('exchanges the last folder called images', async () => {
    const folder = folderWith({
      'images/set/data.yaml': 'train: images\nnames: [a]\n',
      'images/set/images/x.png': png(10, 10),
      'images/set/labels/x.txt': '0 0.5 0.5 1 1\n',
    });
    const { images } = await loadDataset(path.join(folder, 'images/set'));
    expect(images[0].boxes).toHaveLength(1);
  });
});

describe('data.yaml', () => {
  it('may name classes in a mapping, with their number', async () => {
    const yaml = 'train: images/train\nnc: 3\nnames:\n  1: b\n  0: a\n  2: __proto__\n';
    expect((await load(withYaml(yaml))).classes).toEqual(['a', 'b', '__proto__']);
  });

  it('may list several folders', async () => {
    const yaml = 'train: [images/one, images/two]\nnames: [a]\n';
    const { images } = await load({
      'data.yaml': yaml,
      'images/one/x.png': png(8, 8),
      'images/two/x.png': png(8, 8),
    });
    expect(images.map(({ fileName }) => fileName)).toEqual(['one/x.png', 'two/x.png']);
  });

  it('may name a text file of images', async () => {
    const tree = { ...TREE, 'data.yaml': 'train: train.txt\nnames: [person, dog]\n' };
    const lists = ['./images/train/a.png\n', 'images/train/a.png', 'images\\train\\a.png\r\n\r\n'];
    for (const list of lists) {
      const { images } = await load({ ...tree, 'train.txt': list });
      expect(images).toMatchObject([{ id: 'a', boxes: [{ classId: 1 }] }]);
    }
  });

  it('may have backslashes, in quotes too, and paths of another machine', async () => {
    for (const train of [
      'images\\train',
      '"images\\train"',
      "'images\\train'",
      '/content/set/images/train',
      'C:\\set\\images\\train',
    ]) {
      const yaml = `train: ${train}\nnames: [person, dog]\n`;
      expect((await load(withYaml(yaml))).images, train).toHaveLength(1);
    }
  });

  it('may name a split that is not there: the others load, and the reason is told', async () => {
    const folder = folderWith(TREE);
    const splits = await loadSplits(folder);
    expect(splits.map(({ split }) => split)).toEqual(['train']);
    expect(splits[0].warnings).toMatchObject([{ code: 'missing-split', key: 'val' }]);
    const { errors, stats } = await checkDataset(folder);
    expect(errors).toMatchObject([{ code: 'missing-split', key: 'val' }]);
    expect(Object.keys(stats.splits)).toEqual(['train']);
    await expect(loadDataset(folder, { split: 'val' })).rejects.toThrow('val cannot be read');
    const none = folderWith(withYaml('train: gone\nval: lost\nnames: [a]\n'));
    await expect(checkDataset(none)).rejects.toThrow(/gone cannot be read; .*lost cannot be read/);
    await expect(loadSplits(none)).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
  });

  it('may list images by paths of another machine, each decided by itself', async () => {
    const tree = { ...TREE, 'data.yaml': 'train: lists/l.txt\nnames: [person, dog]\n' };
    const list = 'C:\\set\\images\\train\\a.png\n/old/images/train/b c.png\nlocal.png\n';
    const { images } = await load({
      ...tree,
      'lists/l.txt': list,
      'images/train/b c.png': png(9, 9, 1),
      'lists/local.png': png(9, 9, 2),
    });
    expect(images.map(({ path: file }) => path.basename(file))).toEqual([
      'a.png',
      'b c.png',
      'local.png',
    ]);
  });

  it('may give the path of the dataset, also relative to the folder above', async () => {
    const split = 'train: images/train\nnames: [person, dog]\n';
    for (const [yaml, place] of [
      ['path: set\n', 'data.yaml'],
      ['path: ../set\n', 'set/data.yaml'],
      ['path: ../datasets/elsewhere\n', 'set/data.yaml'],
      ['path:\n', 'set/data.yaml'],
    ]) {
      const set = Object.entries(TREE).filter(([name]) => name !== 'data.yaml');
      const folder = folderWith({
        ...Object.fromEntries(set.map(([name, content]) => [`set/${name}`, content])),
        [place]: yaml + split,
      });
      const { images } = await loadDataset(path.join(folder, place));
      expect(images, yaml).toHaveLength(1);
    }
  });

  it('may say ../train/images for a folder beside it, with valid for val', async () => {
    const yaml = 'train: ../train/images\nval: ../valid/images\nnames: [a]\n';
    const tree = { 'data.yaml': yaml, 'valid/images/x.png': png(8, 8) };
    expect((await load(tree, 'valid')).images[0].path).toMatch(/valid.images.x\.png$/);
  });

  it('is told where it is wrong', async () => {
    const says = (yaml: string) => message(withYaml(yaml));
    expect(await says('train: [unclosed\nnames: [a]\n')).toMatch(/data\.yaml:\d: /);
    expect(await says('just text')).toContain('data.yaml: the YAML is not a mapping');
    expect(await says('names: [a]')).toContain('none of the keys train, val, test is set');
    expect(await says('train: 7\nnames: [a]')).toContain('(train): a path or a list of paths');
    expect(await says('train: images/train')).toContain('(names): class names are missing');
    expect(await says('train: x\nnames: {0: a, 2: c}')).toContain('class 1 of 2 is missing');
    expect(await says('train: x\nnc: 3\nnames: [a]')).toContain('nc is 3 but there are 1 names');
    expect(await says('train: x\npath: [1]\nnames: [a]')).toContain('(path): a path is expected');
    expect(await says('train: gone.txt\nnames: [a]')).toMatch(/gone\.txt cannot be read/);
  });

  it('can neither make objects nor multiply itself', async () => {
    const says = (yaml: string) => message(withYaml(yaml));
    expect(await says('train: !!python/object/apply:os.system [ls]\nnames: [a]')).toMatch(
      /data\.yaml:1: Unresolved tag/,
    );
    const bomb = Array.from({ length: 9 }, (_, i) =>
      i === 0 ? 'a0: &a0 [x, x, x]' : `a${i}: &a${i} [${`*a${i - 1}, `.repeat(9)}]`,
    );
    expect(await says(`${bomb.join('\n')}\ntrain: x\nnames: *a8\n`)).toContain('alias');
    for (const opening of ['[', '{', '{a: ', '- ', '? ']) {
      expect(await says(opening.repeat(60_000))).toContain('nested more than 32 deep');
    }
    expect(await says(' '.repeat(300_000))).toContain('is too large: 300000 bytes');
  });
});

describe('malformed YOLO labels', () => {
  it('name file and line', async () => {
    const says = (labels: string) => message(withLabels(labels));
    expect(await says('0 .5 .5 .1 .1\n2 .5 .5 .1 .1\n')).toMatch(
      /a\.txt:2: class 2 is none of the 2 of data\.yaml/,
    );
    expect(await says('-1 .5 .5 .1 .1\n')).toContain('class -1 is none');
    expect(await says('0.5 .5 .5 .1 .1\n')).toMatch(/a\.txt:1: not a label: "0\.5/);
    for (const row of [
      '0 .5 .5 .1',
      '0 .5 .5 .1 .1 1.9',
      '0 .5 .5 x .1',
      '0 .5 .5 nan .1',
      'dog 1',
    ]) {
      expect(await says(row)).toMatch(/a\.txt:1: not a label: /);
    }
  });

  it('need an image, because they are relative to its size', async () => {
    const { 'images/train/a.png': _, ...rest } = TREE;
    const gone = {
      ...rest,
      'data.yaml': 'train: l.txt\nnames: [a, b]',
      'l.txt': 'images/train/a.png',
    };
    expect(await message(gone)).toMatch(/a\.png cannot be read/);
    expect(await message({ ...TREE, 'images/train/a.png': 'no image' })).toContain('not a JPEG');
  });

  it('are not looked for outside the dataset', async () => {
    const tree = withYaml('train: l.txt\nnames: [a, b]');
    for (const line of ['../../x.png', '/etc/passwd']) {
      expect(await message({ ...tree, 'l.txt': `${line}\n` })).toMatch(
        /l\.txt:1: ".*" lies outside the dataset/,
      );
    }
  });
});

describe('finding the format', () => {
  it('says what was looked for', async () => {
    const folder = folderWith({ 'a.txt': '' });
    await expect(loadDataset(folder)).rejects.toThrow(
      /not a dataset: .* \(looked for ImageSets.*VOC.*COCO.*data\.yaml, .*classes\.txt.* \(YOLO\)/,
    );
    await expect(loadDataset(path.join(folder, 'a.txt'))).rejects.toThrow(
      /a folder, a COCO \.json/,
    );
    await expect(loadDataset(path.join(folder, 'b'))).rejects.toMatchObject({
      code: 'FILE_NOT_FOUND',
    });
  });

  it('needs help when a folder can be read in two ways', async () => {
    const folder = folderWith({ ...TREE, 'ImageSets/Main/train.txt': '\n' });
    await expect(loadDataset(folder)).rejects.toThrow(
      /can be read as voc or yolo: say which with --data-format/,
    );
    const dataset = await loadDataset(folder, { format: 'yolo', split: 'train' });
    expect(dataset.format).toBe('yolo');
  });

  it('ends where links go in circles', async () => {
    const folder = folderWith(TREE);
    symlinkSync(folder, path.join(folder, 'images', 'train', 'loop'));
    expect((await loadDataset(folder, { split: 'train' })).images).toHaveLength(1);
  });
});
