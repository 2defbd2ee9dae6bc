/** Whatever happens to an annotation file, reading it gives sound boxes or one clear error. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkDataset, loadDataset } from '../../src/datasets/index.ts';
import { RefineDetError } from '../../src/errors.ts';
import { folderWith, png, type Tree, vocObject, vocTree, vocXml } from './tree.ts';

const COCO = JSON.stringify({
  categories: [{ id: 1, name: 'cat' }],
  images: [{ id: 1, file_name: 'a.png', width: 40, height: 30 }],
  annotations: [{ id: 1, image_id: 1, category_id: 1, bbox: [1, 2.5, 3, 4], iscrowd: 0 }],
});
const YOLO: Tree = {
  'data.yaml': 'path: .\ntrain: train.txt\nnames:\n  0: cat\n  1: "dog"\n',
  'train.txt': './images/a.png\n',
  'images/a.png': png(40, 30),
  'labels/a.txt': '1 0.5 0.5 0.25 0.5\n0 .1 .1 .3 .1 .3 .4\n',
};
const VOC = vocTree({ a: vocXml(vocObject('cat', [3, 4, 17.5, 9])) });

const FILES: [file: string, tree: Tree][] = [
  ['Annotations/a.xml', VOC],
  ['ImageSets/Main/train.txt', VOC],
  ['train.json', { 'train.json': COCO, 'a.png': png(40, 30) }],
  ['data.yaml', YOLO],
  ['train.txt', YOLO],
  ['labels/a.txt', YOLO],
];

/** Replaces a stretch of the file by other bytes, or by a piece of the file itself. */
const damage = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  remove: fc.nat(12),
  insert: fc.oneof(
    fc.uint8Array({ maxLength: 6 }),
    fc.constantFrom(
      '-',
      '1e999',
      '1e300',
      '../',
      '<',
      '&',
      '"',
      '\n',
      '[',
      '{',
      '*a',
      '!x',
      '__proto__',
      '\0',
    ),
  ),
});

function damaged(
  bytes: Buffer,
  { at, remove, insert }: { at: number; remove: number; insert: string | Uint8Array },
) {
  const start = Math.floor(at * bytes.length);
  return Buffer.concat([
    bytes.subarray(0, start),
    Buffer.from(insert as string),
    bytes.subarray(start + remove),
  ]);
}

describe('a damaged file', () => {
  it.each(FILES)('%s', async (name, tree) => {
    const folder = folderWith(tree);
    const file = path.join(folder, name);
    const good = readFileSync(file);
    await fc.assert(
      fc.asyncProperty(fc.array(damage, { minLength: 1, maxLength: 3 }), async (damages) => {
        writeFileSync(file, damages.reduce(damaged, good));
        try {
          const dataset = await loadDataset(folder);
          for (const image of dataset.images) {
            expect(path.relative(folder, image.path)).not.toMatch(/^\.\./);
            for (const { box, classId } of image.boxes) {
              expect(box.width > 0 && box.height > 0).toBe(true);
              expect(Object.values(box).every(Number.isFinite)).toBe(true);
              expect(dataset.classes[classId]).toBeTypeOf('string');
            }
          }
        } catch (error) {
          if (!(error instanceof RefineDetError)) throw error;
        }
        await checkDataset(folder).catch((error) => expect(error).toBeInstanceOf(RefineDetError));
      }),
      { numRuns: 150 },
    );
    expect({}).not.toHaveProperty('cat');
  });
});
