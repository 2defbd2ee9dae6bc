/** Which image a name means, when folders of the name are here, missing, or of another machine. */
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkDataset } from '../../src/datasets/index.ts';
import { folderWith, png, type Tree } from './tree.ts';

type Write = (names: readonly string[]) => Tree;
const FORMATS: [string, Write][] = [
  [
    'COCO',
    (names) => ({
      'annotations/instances_train.json': JSON.stringify({
        images: names.map((file_name, id) => ({ id, file_name, width: 20, height: 20 })),
        annotations: names.map((_, id) => {
          return { id, image_id: id, category_id: 1, bbox: [1, 1, 9, 9] };
        }),
        categories: [{ id: 1, name: 'nut' }],
      }),
    }),
  ],
  [
    'CVAT',
    (names) => ({
      'annotations.xml': `<annotations>${names
        .map(
          (name, id) =>
            `<image id="${id}" name="${name}" width="20" height="20"><box label="nut" xtl="1" ytl="1" xbr="9" ybr="9"/></image>`,
        )
        .join('')}</annotations>`,
    }),
  ],
  [
    'Label Studio',
    (names) => ({
      'export.json': JSON.stringify(names.map((image) => ({ data: { image }, annotations: [] }))),
    }),
  ],
];

async function outcome(write: Write, names: readonly string[], files: readonly string[]) {
  const images = files.map((file, i): [string, Uint8Array] => [file, png(20, 20, i)]);
  const folder = folderWith({ ...Object.fromEntries(images), ...write(names) });
  const { errors, notes, stats } = await checkDataset(folder);
  const unused = notes.filter(({ code }) => code === 'unlabeled-image');
  return {
    errors: errors.map(({ code }) => code),
    images: stats.splits['train'].images,
    unused: unused.map(({ file }) => path.relative(folder, file!)),
  };
}

describe.each(FORMATS)('names of %s', (_, write) => {
  it.each([
    ['the folder is here', ['images/cam1/b.png', 'images/cam2/a.png']],
    ['the folder is gone', ['images/cam2/a.png', 'images/cam2/b.png']],
    ['the folders are in the root', ['cam1/b.png', 'cam2/a.png']],
  ])('do not mean an image of another folder where %s', async (__, files) => {
    const names = files.some((file) => file.includes('cam1'))
      ? ['cam1/a.png', 'cam1/b.png', 'cam2/a.png']
      : ['cam1/a.png', 'cam2/a.png', 'cam2/b.png'];
    expect(await outcome(write, names, files)).toEqual({
      errors: ['missing-image'],
      images: 3,
      unused: [],
    });
  });

  it('keep the folders that a common foreign prefix leaves', async () => {
    const names = ['old/set/cam1/s/a.png', 'old/set/cam2/s/a.png', 'old/set/cam2/s/b.png'];
    const { errors } = await outcome(write, names, ['cam2/s/a.png', 'cam2/s/b.png']);
    expect(errors).toEqual(['missing-image']);
  });

  it('are found without folders that are not on this disk', async () => {
    for (const prefix of ['C:\\data\\old\\', 'data/old/', '']) {
      if (write === FORMATS[0][1] && prefix.startsWith('C')) continue;
      const names = ['a.png', 'b.png'].map((name) => prefix + name);
      expect(await outcome(write, names, ['images/a.png', 'images/b.png'])).toEqual({
        errors: [],
        images: 2,
        unused: [],
      });
    }
  });

  it('are those of one image only, if two names fit one file', async () => {
    for (const names of [
      ['old/cam1/a.png', 'new/cam1/a.png'],
      ['x/a.png', 'y/a.png'],
    ]) {
      const { errors } = await outcome(write, names, ['images/cam1/a.png']);
      expect(errors).toEqual(['missing-image']);
    }
    // The same name twice is the same image.
    expect((await outcome(write, ['a.png', 'a.png'], ['images/a.png'])).errors).not.toContain(
      'missing-image',
    );
  });

  it('without their folders are ambiguous where two images fit', async () => {
    const files = ['images/x/a.png', 'images/y/a.png'];
    const { errors } = await outcome(write, ['old/a.png'], files);
    expect(errors).toEqual(['ambiguous-name']);
  });
});
