/** What is stored: saving, joining the changes of two pages, and zips. */
import { strToU8 } from 'fflate';
import { describe, expect, it } from 'vitest';
import { flatNames, LAYOUTS, zipTexts } from '../../../demo/src/teach/files/dataset-zip.ts';
import { readZip } from '../../../demo/src/teach/files/read-zip.ts';
import type {
  AnnotationStore,
  VersionedLabels,
  WriteResult,
} from '../../../demo/src/teach/store/annotation-store.ts';
import { Session } from '../../../demo/src/teach/store/session.ts';
import {
  countByClass,
  type ImageLabels,
  type LabelBox,
} from '../../../src/datasets/labeling/label-boxes.ts';
import { loadDataset } from '../../../src/datasets/load-dataset.ts';
import { folderWith, png, type Tree } from '../../datasets/tree.ts';

const box = (x: number, label = 'cat', difficult = false): LabelBox => {
  return { label, difficult, box: { x, y: 2, width: 10, height: 12 } };
};

/** A store in memory that several sessions share. */
class SharedStore implements AnnotationStore {
  stored: VersionedLabels = { labels: { boxes: [], done: false }, version: '1' };
  replaced: (string | undefined)[] = [];
  failure: Error | undefined;

  async open() {
    const images = [{ name: 'a.png', state: 'new' as const }];
    return { name: 'test', id: 'test', holdsDifficult: true, classes: ['cat'], images };
  }
  async summary() {
    const { boxes } = this.stored.labels;
    return { classes: ['dog'], boxes: [boxes.length], byClass: [...countByClass(boxes)] };
  }
  async image() {
    return new Blob();
  }
  async read() {
    return this.stored;
  }
  async write(_: string, labels: ImageLabels, version: string): Promise<WriteResult> {
    await new Promise((resolve) => setTimeout(resolve, 1));
    if (this.failure) throw this.failure;
    if (version !== this.stored.version) return { current: this.stored };
    this.stored = { labels, version: String(Number(version) + 1) };
    return { version: this.stored.version };
  }
  async addClass() {}
  async replaceClass(from: string, to?: string) {
    this.replaced = [from, to];
  }
  async add(name: string) {
    return name;
  }
}

async function openSession(store: AnnotationStore) {
  const merged: ImageLabels[] = [];
  const failures: string[] = [];
  const session = new Session(store, {
    changed: () => {},
    merged: (_, labels) => void merged.push(labels),
    saving: () => {},
    failed: ({ message }) => void failures.push(message),
  });
  await session.open();
  await session.count();
  return { session, merged, failures };
}

describe('two pages with one store', () => {
  it('keep the boxes of both', async () => {
    const store = new SharedStore();
    const [one, two] = [await openSession(store), await openSession(store)];
    for (const { session } of [one, two]) await session.read('a.png');
    await one.session.save('a.png', { boxes: [box(1), box(2)], done: false });
    await two.session.save('a.png', { boxes: [box(3)], done: true });
    expect(store.stored.labels.boxes.map(({ box }) => box.x)).toEqual([1, 2, 3]);
    expect(two.merged).toEqual([store.stored.labels]);
    await one.session.save('a.png', { boxes: [box(2)], done: false });
    expect(store.stored.labels.boxes.map(({ box }) => box.x)).toEqual([2, 3]);
    expect(store.stored.labels.done).toBe(true);
  });
});

describe('a session', () => {
  it('stores changes in their order, counts boxes, and reports what fails', async () => {
    const store = new SharedStore();
    const { session, merged, failures } = await openSession(store);
    expect(session.classes).toEqual(['cat', 'dog']);
    await session.read('a.png');
    for (const count of [1, 2, 3]) {
      const boxes = Array.from({ length: count }, (_, i) => box(i));
      void session.save('a.png', { boxes, done: count === 3 });
    }
    expect(session.entry('a.png')).toMatchObject({ state: 'done', boxes: 3 });
    await session.settled();
    expect([store.stored.version, store.stored.labels.boxes.length, merged]).toEqual(['4', 3, []]);
    store.failure = new Error('the disk is full');
    await expect(session.save('a.png', { boxes: [], done: true })).rejects.toThrow('full');
    await session.settled();
    expect(failures).toEqual(['the disk is full']);
  });

  it('keeps what could not be stored, also when another image is opened, until it is stored', async () => {
    const store = new SharedStore();
    const { session } = await openSession(store);
    await session.read('a.png');
    store.failure = new Error('the disk is full');
    const labels = { boxes: [box(1), box(2)], done: true };
    await expect(session.save('a.png', labels)).rejects.toThrow('full');
    expect([session.unsaved, await session.read('a.png')]).toEqual([1, labels]);
    store.stored = { labels: { boxes: [box(3)], done: false }, version: '9' };
    store.failure = undefined;
    await session.saveAgain();
    expect(session.unsaved).toBe(0);
    expect(store.stored.labels.boxes.map(({ box }) => box.x)).toEqual([3, 1, 2]);
  });

  it('learns the classes of boxes that others have drawn, which training would leave out', async () => {
    const store = new SharedStore();
    const { session } = await openSession(store);
    store.stored = { labels: { boxes: [box(1, 'cow')], done: false }, version: '2' };
    await session.read('a.png');
    expect(session.classes).toEqual(['cat', 'dog', 'cow']);
    expect(await session.boxesOf('cow')).toBe(1);
    await session.replaceClass('cow', 'ox');
    expect(store.replaced).toEqual(['cow', 'ox']);
  });
});

describe.each(['voc', 'coco', 'yolo'] as const)('a zip as %s', (format) => {
  const images = [
    {
      name: 'a.png',
      size: { width: 40, height: 30 },
      boxes: [box(1), box(8, 'a: "b"', true)],
      done: false,
    },
    { name: 'b.png', size: { width: 40, height: 30 }, boxes: [], done: true },
  ];
  const classes = ['dog', 'cat', 'a: "b"'];
  const texts = zipTexts(format, images, classes);

  it('is a dataset for the command line', async () => {
    const files: Tree = Object.fromEntries([
      ...texts,
      ...images.map(({ name }, i) => [LAYOUTS[format].imagePath(name), png(40, 30, i)]),
      // Of this image nothing is known: it is not background.
      [LAYOUTS[format].newPath('new.png'), png(40, 30)],
    ]);
    const dataset = await loadDataset(folderWith(files));
    expect(dataset.warnings).toEqual([]);
    expect(dataset.classes).toEqual(classes);
    expect(dataset.images.map(({ boxes }) => boxes.length)).toEqual([2, 0]);
    expect(dataset.images[0].boxes[0].box.x).toBeCloseTo(1, 3);
  });

  it('can be read again', async () => {
    const entries = texts.map(([path, content]) => [`export/${path}`, strToU8(content)]);
    const image = `export/${LAYOUTS[format].imagePath('a.png')}`;
    const zip = await readZip({ ...Object.fromEntries(entries), [image]: png(40, 30) });
    expect([zip.images, [...zip.classes].sort()]).toEqual([[image], [...classes].sort()]);
    const found = zip.boxes(image, images[0].size)!;
    const difficult = format !== 'yolo';
    expect(found.map((one) => [one.label, one.difficult])).toEqual([
      ['cat', false],
      ['a: "b"', difficult],
    ]);
    expect(found[1].box.x).toBeCloseTo(8, 3);
    expect(zip.boxes('b.png', images[1].size)).toEqual([]);
    expect(zip.boxes('other.png', images[1].size)).toBe(undefined);
    const paths = ['a.png', 'b.png'].map((name) => `export/${LAYOUTS[format].imagePath(name)}`);
    expect(paths.map((path) => zip.isDone(path))).toEqual([false, true]);
  });
});

describe('a zip with numbered images in several folders', () => {
  it('gives each image the labels of its folder', async () => {
    const files = ['train', 'val'].flatMap((split, i) => [
      [`data/images/${split}/1.png`, png(40, 30)] as const,
      [`data/labels/${split}/1.txt`, strToU8(`${i} 0.5 0.5 0.5 0.5\n`)] as const,
    ]);
    const names = strToU8('names: [dog, cat]\n');
    const zip = await readZip({ ...Object.fromEntries(files), 'data/data.yaml': names });
    const found = zip.images.map((image) => zip.boxes(image, { width: 40, height: 30 }));
    expect(found.map((boxes) => boxes?.map(({ label }) => label))).toEqual([['dog'], ['cat']]);
  });
});

describe('names in a zip', () => {
  it('have no folders, and differ without their extensions too', () => {
    const names = flatNames(['a/x.jpg', 'a_x.png', 'A_X.webp', 'y.jpg']);
    expect([...names.values()]).toEqual(['a_x.jpg', 'a_x-2.png', 'A_X-3.webp', 'y.jpg']);
  });
});
