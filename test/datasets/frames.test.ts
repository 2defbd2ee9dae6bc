/** Boxes that were drawn on another image than the file: turned by EXIF, or resized since. */
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  checkDataset,
  convertDataset,
  type Dataset,
  fixDataset,
  loadDataset,
  loadSplits,
  lostMost,
} from '../../src/datasets/index.ts';
import { vocCorners } from '../../src/datasets/voc/voc-box.ts';
import { emptyFolder, folderWith, png, type Tree, vocObject, vocXml } from './tree.ts';

/** Right half of a stored image of 96×64. */
const STORED = vocObject('red', [61, 11, 90, 40]);

function turned(orientations: readonly number[], xml = vocXml(STORED, 96, 64)): Tree {
  const entries = orientations.flatMap((o): [string, string | Uint8Array][] => [
    [`Annotations/o${o}.xml`, xml],
    [`JPEGImages/o${o}.png`, png(96, 64, o, o)],
  ]);
  return Object.fromEntries(entries);
}

const corners = ({ images }: Dataset) =>
  Object.fromEntries(
    images.map(({ id, boxes }) => [
      id,
      boxes.map(({ box }) => vocCorners(box).map((v) => Number(v.toFixed(3)))),
    ]),
  );

/** What `--fix` makes of a folder, and the second check's errors. */
async function fixed(tree: Tree) {
  const out = path.join(emptyFolder(), 'out');
  const report = await fixDataset(folderWith(tree), out);
  const { errors } = await checkDataset(out);
  return { report, errors, corners: corners(await loadDataset(out)) };
}

describe('boxes in the stored frame of an image that EXIF turns', () => {
  it('are turned with the image', async () => {
    const { errors, corners: found } = await fixed(turned([1, 5, 6, 7, 8]));
    expect(found).toEqual({
      o1: [[61, 11, 90, 40]],
      o5: [[11, 61, 40, 90]],
      o6: [[25, 61, 54, 90]],
      o7: [[25, 7, 54, 36]],
      o8: [[11, 7, 40, 36]],
    });
    expect(errors).toEqual([]);
  });

  it('are turned by 180° too where the other images show that frame', async () => {
    const { errors, corners: found } = await fixed(turned([3, 6]));
    expect(found['o3']).toEqual([[7, 25, 36, 54]]);
    expect(errors).toEqual([]);
  });

  it('by 180° alone are a warning: nothing tells', async () => {
    const { errors, warnings } = await checkDataset(folderWith(turned([3])));
    expect(errors).toEqual([]);
    expect(warnings.map(({ code }) => code)).toContain('unknown-frame');
    const report = await fixDataset(folderWith(turned([3, 1])), path.join(emptyFolder(), 'out'));
    expect(report).toMatchObject({ images: 1, boxes: 1, dropped: { 'unknown-frame': 1 } });
  });

  it('are a warning in a format of shares, where no size tells', async () => {
    const folder = folderWith({
      'data.yaml': 'train: images\nnames: [nut]\n',
      'images/a.png': png(96, 64, 1, 6),
      'labels/a.txt': '0 0.5 0.5 0.2 0.2\n',
    });
    expect((await loadDataset(folder)).warnings).toMatchObject([{ code: 'unknown-frame' }]);
    const { errors, warnings } = await checkDataset(folder);
    expect([...errors, ...warnings].map(({ code }) => code)).toEqual(['unknown-frame']);
  });

  it('stay where they are when they were drawn on the upright image', async () => {
    const upright = vocXml(vocObject('red', [11, 61, 40, 90]), 64, 96);
    const folder = folderWith(turned([6, 8], upright));
    expect(await checkDataset(folder)).toMatchObject({ errors: [], warnings: [] });
    // Only the size is wrong: the boxes do not fit into what it says.
    const { corners: found } = await fixed(
      turned([6], vocXml(vocObject('red', [11, 61, 40, 90]), 96, 64)),
    );
    expect(found).toEqual({ o6: [[11, 61, 40, 90]] });
  });
});

describe('boxes of an image that was resized', () => {
  const resized = (objects: string, width: number, height: number): Tree => ({
    'Annotations/a.xml': vocXml(objects, width, height),
    'JPEGImages/a.png': png(96, 64),
    'Annotations/b.xml': vocXml(vocObject('nut', [1, 1, 9, 9]), 96, 64),
    'JPEGImages/b.png': png(96, 64, 1),
  });

  it('are scaled with it', async () => {
    const {
      report,
      errors,
      corners: found,
    } = await fixed(resized(vocObject('nut', [101, 101, 410, 410]), 960, 640));
    expect(found['a']).toEqual([[11, 11, 41, 41]]);
    expect(report.dropped).toEqual({});
    expect(errors).toEqual([]);
  });

  it('are left out with the image, and counted, when their frame is unknown', async () => {
    const small = vocObject('nut', [11, 11, 20, 20]);
    for (const [objects, width, height] of [
      [small, 960, 640],
      [small, 48, 32],
      [vocObject('nut', [11, 11, 600, 20]), 700, 64],
    ] as const) {
      const { report, corners: found } = await fixed(resized(objects, width, height));
      expect(Object.keys(found)).toEqual(['b']);
      expect(report.dropped).toEqual({ 'size-mismatch': 1 });
      expect(lostMost(report)).toBe(false);
    }
    const { report } = await fixed(resized(small.repeat(3), 960, 640));
    expect(lostMost(report)).toBe(true);
  });

  /** Boxes of one image each, labeled at 480×320; files are twice as large. */
  const set = (...objects: string[]): Tree =>
    Object.fromEntries(
      objects.flatMap((text, i) => [
        [`Annotations/s${i}.xml`, vocXml(text, 480, 320)],
        [`JPEGImages/s${i}.png`, png(960, 640, i)],
      ]),
    );
  const inside = vocObject('nut', [11, 11, 100, 100]);
  /** Three pixels over the edge of the image that was labeled. */
  const sloppy = vocObject('nut', [401, 11, 483, 100]);
  /** Drawn on the file. */
  const beyond = vocObject('nut', [701, 301, 900, 600]);
  const errors = async (tree: Tree) => (await checkDataset(folderWith(tree))).errors.length;

  it('are not taken for boxes of the file because of a small overhang', async () => {
    for (const objects of [[sloppy], [inside, inside, sloppy], [inside + sloppy, inside]]) {
      const folder = folderWith(set(...objects));
      expect(await fixDataset(folder, path.join(emptyFolder(), 'out'))).toMatchObject({
        images: 0,
      });
      expect(await errors(set(...objects))).toBe(objects.length);
    }
  });

  it('are not taken for boxes of the file because of one wrong box among many', async () => {
    const folder = folderWith(set(inside.repeat(20) + beyond));
    const report = await fixDataset(folder, path.join(emptyFolder(), 'out'));
    expect(report).toMatchObject({ images: 0, boxes: 0, dropped: { 'size-mismatch': 21 } });
    expect(report.check.errors).toHaveLength(1);
  });

  it('follow a clear majority of the others, and no single one', async () => {
    const one = await fixed(set(beyond, inside, inside, inside, inside, inside));
    expect(Object.keys(one.corners)).toEqual(['s0']);
    const half = await fixed(set(beyond, beyond, inside, sloppy));
    expect(Object.keys(half.corners)).toEqual(['s0', 's1']);
    expect(half.report.dropped).toEqual({ 'size-mismatch': 2 });
    const most = await fixed(set(...new Array<string>(6).fill(beyond), inside, sloppy));
    expect(most.corners['s6']).toEqual([[11, 11, 100, 100]]);
    expect(most.corners['s7']).toEqual([[401, 11, 483, 100]]);
  });

  it('are scaled where none of many boxes reaches beyond the smaller frame', async () => {
    const wide = vocObject('nut', [401, 11, 470, 100]);
    const low = vocObject('nut', [11, 201, 100, 310]);
    const many = set(...new Array<string>(5).fill(wide), ...new Array<string>(5).fill(low), sloppy);
    const { corners: found, errors: left } = await fixed(many);
    expect(found['s0']).toEqual([[801, 21, 940, 200]]);
    expect(found['s10'][0][0]).toBe(801);
    expect(Object.keys(found)).toHaveLength(11);
    expect(left).toEqual([]);
    // Objects that all lie in one corner, or few images, tell nothing.
    for (const objects of [new Array<string>(10).fill(inside), [wide, low, wide, low]]) {
      const folder = folderWith(set(...objects));
      const report = await fixDataset(folder, path.join(emptyFolder(), 'out'));
      expect(report).toMatchObject({ images: 0, dropped: { 'size-mismatch': objects.length } });
    }
  });

  it('keep their place where none of many of a larger stated size reaches beyond the file', async () => {
    const wide = vocObject('nut', [401, 201, 470, 310]);
    const tree = Object.fromEntries(
      Array.from({ length: 8 }, (_, i): [string, string | Uint8Array][] => [
        [`Annotations/s${i}.xml`, vocXml(wide, 960, 640)],
        [`JPEGImages/s${i}.png`, png(480, 320, i)],
      ]).flat(),
    );
    expect((await fixed(tree)).corners['s0']).toEqual([[401, 201, 470, 310]]);
  });

  it('are unknown where they contradict the others', async () => {
    const wide = vocXml(vocObject('nut', [1101, 11, 1300, 600]), 1920, 1280);
    const tree: Tree = {
      ...set(beyond),
      ...Object.fromEntries(
        ['a', 'b', 'c', 'd'].flatMap((stem, i): [string, string | Uint8Array][] => [
          [`Annotations/${stem}.xml`, wide],
          [`JPEGImages/${stem}.png`, png(960, 640, i + 1)],
        ]),
      ),
    };
    const { corners: found, report } = await fixed(tree);
    expect(Object.keys(found)).toEqual(['a', 'b', 'c', 'd']);
    expect(report.dropped).toMatchObject({ 'size-mismatch': 1 });
  });

  it('of an unknown frame are not converted', async () => {
    const splits = await loadSplits(folderWith({ ...set(inside), ...resized('', 96, 64) }));
    const out = path.join(emptyFolder(), 'out');
    const { losses, images } = await convertDataset(splits, 'yolo', out);
    expect(images).toBe(2);
    expect(losses.join()).toContain('do not tell of which: 1 with 1 boxes');
  });

  it('are warned of when loading, which moves no box', async () => {
    const folder = folderWith(resized(vocObject('nut', [101, 101, 410, 410]), 960, 640));
    const { warnings, images } = await loadDataset(folder);
    expect(warnings).toMatchObject([{ code: 'size-mismatch', severity: 'warning' }]);
    expect(images[0].boxes[0].box.x).toBe(100);
  });

  it('are right in every format that they are converted to', async () => {
    const folder = folderWith(resized(vocObject('nut', [101, 101, 410, 410]), 960, 640));
    const splits = await loadSplits(folder);
    for (const format of ['voc', 'coco', 'yolo'] as const) {
      const out = path.join(emptyFolder(), format);
      await convertDataset(splits, format, out);
      expect(corners(await loadDataset(out))['a'] ?? corners(await loadDataset(out))[1]).toEqual([
        [11, 11, 41, 41],
      ]);
      expect((await checkDataset(out)).errors).toEqual([]);
    }
  });
});
