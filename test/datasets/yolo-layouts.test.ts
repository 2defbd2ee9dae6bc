/** YOLO folders and lines as different tools write them. */
import { symlinkSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkDataset, loadDataset, loadSplits } from '../../src/datasets/index.ts';
import { folderWith, png, type Tree } from './tree.ts';

const IMAGE = png(100, 80);
const BOX = '0.5 0.5 0.2 0.25';
const withLabels = (...rows: string[]): Tree => ({
  'data.yaml': 'train: images\nnames: [cat]\n',
  'images/a.png': IMAGE,
  'labels/a.txt': `${rows.join('\n')}\n`,
});

const round = (value: number) => Math.round(value * 100) / 100;
const boxes = async (tree: Tree) => {
  const { images, classes } = await loadDataset(folderWith(tree));
  return images[0].boxes.map(({ classId, box: { x, y, width, height } }) =>
    [classes[classId], ...[x, y, width, height].map(round)].join(),
  );
};
const findings = async (location: string) => {
  const { errors, warnings, notes } = await checkDataset(location);
  return [...errors, ...warnings, ...notes];
};
const codes = async (tree: Tree) => (await findings(folderWith(tree))).map(({ code }) => code);

describe('shapes of label lines', () => {
  it('are polygons on the edge of the image before they are poses', async () => {
    const polygon = '0 0.4 0.6 0.5 0.5 0.9 0.6 1 0.8 0.7 1';
    expect(await boxes(withLabels(polygon))).toEqual(['cat,40,40,60,40']);
    expect(await codes(withLabels(polygon))).toEqual(['box-of-shape']);
  });

  it('are poses in a file of lines of one length only, with a note', async () => {
    const pose = `0 ${BOX} 0.45 0.5 1 0.55 0.5 1`;
    expect(await boxes(withLabels(pose, pose))).toEqual(['cat,40,30,20,20', 'cat,40,30,20,20']);
    expect(await codes(withLabels(pose, pose))).toEqual(['shape-left-out']);
    expect((await boxes(withLabels(pose, `0 ${BOX}`)))[0]).not.toBe('cat,40,30,20,20');
  });

  it('are triangles beside other polygons, not boxes with the first track', async () => {
    const triangle = '0 0.2 0.2 0.4 0.4 1 1';
    expect(await boxes(withLabels(triangle, '0 0.1 0.1 0.9 0.1 0.9 0.9 0.5 0.95'))).toEqual([
      'cat,20,16,80,64',
      'cat,10,8,80,68',
    ]);
    expect(await boxes(withLabels(triangle, triangle))).toEqual([
      'cat,20,16,80,64',
      'cat,20,16,80,64',
    ]);
    expect(await boxes(withLabels(`0 ${BOX} 0.9 1`, `0 ${BOX} 0.9 2`))).toHaveLength(2);
  });
});

describe('class names', () => {
  const flat = (names: string, ...rows: string[]): Tree => ({
    'classes.txt': names,
    'images/a.png': IMAGE,
    'labels/a.txt': `${rows.join('\n')}\n`,
  });

  it('are counted by line, blank ones too', async () => {
    expect(await boxes(flat('cat\n\ndog\nbird\n\n', `2 ${BOX}`, `0 ${BOX}`))).toEqual([
      'dog,40,30,20,20',
      'cat,40,30,20,20',
    ]);
    const { errors } = await checkDataset(folderWith(flat('cat\n\ndog\n', `1 ${BOX}`)));
    expect(errors).toMatchObject([
      { code: 'unknown-class', message: 'line 2 of classes.txt, for class 1, is blank' },
    ]);
  });

  it('are those that a YAML file shows, not its numbers', async () => {
    const tree = (names: string) => ({
      ...withLabels(`0 ${BOX}`),
      'data.yaml': `train: images\nnames: ${names}`,
    });
    const { classes } = await loadDataset(folderWith(tree('[00, 01, 1, 1.0, 007, 3.10]')));
    expect(classes).toEqual(['00', '01', '1', '1.0', '007', '3.10']);
    const named = await loadDataset(folderWith(tree('{0: 1.50, 1: 0x1f, 2: a}')));
    expect(named.classes).toEqual(['1.50', '0x1f', 'a']);
  });

  it('are numbers where a YAML file says how many only', async () => {
    const tree = { ...withLabels(`1 ${BOX}`), 'data.yaml': 'train: images\nnc: 2\n' };
    expect((await loadDataset(folderWith(tree))).classes).toEqual(['0', '1']);
  });

  it('are found in the folder of the labels of a split', async () => {
    const tree = {
      'images/train/a.png': IMAGE,
      'labels/train/a.txt': `0 ${BOX}\n`,
      'labels/train/classes.txt': 'cat\n',
    };
    expect(await boxes(tree)).toEqual(['cat,40,30,20,20']);
    expect(await codes(tree)).toEqual([]);
    const other = {
      ...tree,
      'images/val/b.png': png(9, 9),
      'labels/val/b.txt': '',
      'labels/val/classes.txt': 'dog\n',
    };
    await expect(loadSplits(folderWith(other))).rejects.toThrow('its classes are not those of');
  });
});

describe('YOLO folders', () => {
  it('have names in any case of letters', async () => {
    const tree = {
      'Images/a.png': IMAGE,
      'Labels/a.TXT': `0 ${BOX}\n`,
      'Classes.txt': 'cat\n',
    };
    expect(await boxes(tree)).toEqual(['cat,40,30,20,20']);
    expect(await codes(tree)).toEqual([]);
    const { 'Labels/a.TXT': labels, ...others } = tree;
    expect(await boxes({ ...others, 'labels/a.Txt': labels })).toEqual(['cat,40,30,20,20']);
    const flat = { 'a.png': IMAGE, 'a.TXT': labels, 'classes.TXT': 'cat\n' };
    expect(await boxes(flat)).toEqual(['cat,40,30,20,20']);
  });

  it('may be those of the export of CVAT, with lists of images', async () => {
    const tree = {
      'obj.data': 'classes = 1\ntrain = data/train.txt\nnames = data/obj.names\nbackup = backup/\n',
      'obj.names': 'cat\n',
      'train.txt': 'data/obj_train_data/a.png\n',
      'obj_train_data/a.png': IMAGE,
      'obj_train_data/a.txt': `0 ${BOX}\n`,
    };
    expect(await boxes(tree)).toEqual(['cat,40,30,20,20']);
    expect(await codes(tree)).toEqual([]);
  });

  it('may be those of the export of Label Studio, with notes', async () => {
    const notes = { categories: [{ id: 0, name: 'cat' }], info: { contributor: 'Label Studio' } };
    const tree = {
      'classes.txt': 'cat\n',
      'notes.json': JSON.stringify(notes),
      'images/a.png': IMAGE,
      'labels/a.txt': `0 ${BOX}\n`,
    };
    expect(await boxes(tree)).toEqual(['cat,40,30,20,20']);
    expect(await codes(tree)).toEqual(['unused-file']);
  });

  const splits: Tree = {
    'images/train/a.png': IMAGE,
    'labels/train/a.txt': `0 ${BOX}\n`,
    'images/val/b.png': png(40, 40),
    'labels/val/b.txt': `0 ${BOX}\n`,
  };

  it('may call a split by another name', async () => {
    const yaml = 'train: images/train\nvalidation: images/val\nnames: [cat]\n';
    const loaded = await loadSplits(folderWith({ ...splits, 'data.yaml': yaml }));
    expect(loaded.map(({ split }) => split).sort()).toEqual(['train', 'val']);
  });

  it('are accounted for when the YAML file is given', async () => {
    const yaml = (more = '') => `${more}train: images/train\nnames: [cat]\n`;
    const inside = folderWith({ ...splits, 'data.yaml': yaml() });
    const outside = folderWith({
      'cfg/data.yaml': yaml('path: ../ds\n'),
      ...Object.fromEntries(Object.entries(splits).map(([file, text]) => [`ds/${file}`, text])),
    });
    for (const file of [path.join(inside, 'data.yaml'), path.join(outside, 'cfg/data.yaml')]) {
      const found = (await findings(file)).map(({ file: place }) => path.basename(place!));
      expect(found).toEqual(['val', 'val']);
    }
  });

  it('name links to images that are not there', async () => {
    const folder = folderWith({ ...withLabels(`0 ${BOX}`), 'labels/b.txt': `0 ${BOX}\n` });
    symlinkSync('/nowhere/b.png', path.join(folder, 'images/b.png'));
    const found = (await findings(folder)).map(({ code, file }) => [code, path.basename(file!)]);
    expect(found).toEqual([
      ['missing-image', 'b.png'],
      ['unused-label', 'b.txt'],
    ]);
  });
});
