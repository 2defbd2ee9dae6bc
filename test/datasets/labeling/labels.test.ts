/** Labels of one image: joining two changes, and the three formats. */
import { describe, expect, it } from 'vitest';
import { CocoLabels, emptyCoco } from '../../../src/datasets/labeling/coco-labels.ts';
import {
  type ImageLabels,
  type LabelBox,
  mergeLabels,
  parseLabels,
} from '../../../src/datasets/labeling/label-boxes.ts';
import {
  readVocLabels,
  replaceVocClass,
  writeVocLabels,
} from '../../../src/datasets/labeling/voc-labels.ts';
import {
  readYoloLabels,
  replaceYoloClass,
  writeYoloLabels,
} from '../../../src/datasets/labeling/yolo-label-text.ts';

const SIZE = { width: 333, height: 500 };
const box = (x: number, label = 'cat', difficult = false): LabelBox => {
  return { label, difficult, box: { x, y: 20.25, width: 30.5, height: 40 } };
};
const labels = (boxes: LabelBox[], done = false): ImageLabels => ({ boxes, done });
const xs = ({ boxes }: ImageLabels) => boxes.map((one) => one.box.x);

describe('joining two changes of the same labels', () => {
  const base = labels([box(1), box(2)]);

  it('keeps what either has added, and drops what either has deleted', () => {
    const mine = labels([box(2), box(3)]);
    const theirs = labels([box(1), box(2), box(4)], true);
    expect(xs(mergeLabels(base, mine, theirs))).toEqual([2, 4, 3]);
    expect(mergeLabels(base, mine, theirs).done).toBe(true);
  });

  it('keeps both versions of a box that both have changed', () => {
    const mine = labels([box(1.5), box(2)]);
    const theirs = labels([box(0.5), box(2)]);
    expect(xs(mergeLabels(base, mine, theirs))).toEqual([0.5, 2, 1.5]);
  });

  it('keeps a box that one has deleted and the other has moved', () => {
    expect(xs(mergeLabels(base, labels([box(2)]), labels([box(1.5), box(2)])))).toEqual([1.5, 2]);
  });

  it('adds a box once that both have added', () => {
    expect(xs(mergeLabels(base, labels([box(9)]), labels([box(9)])))).toEqual([9]);
  });
});

describe('labels of a client', () => {
  it('are refused unless every box has a class name and a size', () => {
    const good = labels([box(1)], true);
    expect(parseLabels(JSON.parse(JSON.stringify(good)))).toEqual(good);
    const bad = [{ width: 0 }, { x: null }, { height: -1 }, { y: '1' }];
    for (const change of bad) {
      const one = box(1);
      expect(parseLabels(labels([{ ...one, box: { ...one.box, ...change } as never }]))).toBe(
        undefined,
      );
    }
    for (const label of ['', ' cat', 'a\nb', 7, 'x'.repeat(101)]) {
      expect(parseLabels(labels([box(1, label as string)]))).toBe(undefined);
    }
    expect(parseLabels({ boxes: 'none' })).toBe(undefined);
  });
});

describe('labels as PASCAL VOC', () => {
  it('survive to a thousandth of a pixel', () => {
    const boxes = [box(1.25), box(7, 'a & <b>', true)];
    expect(readVocLabels(writeVocLabels('a.jpg', SIZE, boxes))).toEqual(boxes);
  });

  it('leave poses, parts and everything else of unchanged boxes as it was', () => {
    const before = `<annotation>
\t<source>camera 7</source>
\t<object>
\t\t<name>cat</name><pose>Left</pose><difficult>0</difficult>
\t\t<bndbox><xmin>1</xmin><ymin>2</ymin><xmax>30</xmax><ymax>40</ymax></bndbox>
\t\t<part><name>head</name><bndbox><xmin>1</xmin><ymin>2</ymin><xmax>5</xmax><ymax>6</ymax></bndbox></part>
\t</object>
\t<object><name>dog</name><bndbox><xmin>5</xmin><ymin>5</ymin><xmax>9</xmax><ymax>9</ymax></bndbox></object>
\t<object><name>broken</name><bndbox><xmin>x</xmin></bndbox></object>
\t<note>kept</note>
</annotation>
`;
    const [cat] = readVocLabels(before);
    const after = writeVocLabels('a.jpg', SIZE, [cat, box(50)], before);
    for (const text of ['camera 7', '<pose>Left</pose>', '<name>head</name>', 'broken', 'kept']) {
      expect(after).toContain(text);
    }
    expect(after).not.toContain('dog');
    expect(readVocLabels(after)).toEqual([cat, box(50)]);
    expect(writeVocLabels('a.jpg', SIZE, readVocLabels(before), before)).toBe(before);

    const renamed = replaceVocClass(before, 'cat', 'tom & "jerry" $&');
    expect(readVocLabels(renamed!).map(({ label }) => label)).toEqual(['tom & "jerry" $&', 'dog']);
    const text = '<name>tom &amp; &quot;jerry&quot; $&amp;</name>';
    expect(renamed!.replace(text, '<name>cat</name>')).toBe(before);
    const removed = replaceVocClass(before, 'cat')!;
    expect(readVocLabels(removed).map(({ label }) => label)).toEqual(['dog']);
    expect(removed).toContain('camera 7');
    expect(replaceVocClass(before, 'head', 'x')).toBe(before); // a part, not an object
    const commented = before.replace('<note>', '<!-- <object></object> --><note>');
    expect(replaceVocClass(commented, 'cat', 'tom')).toBe(undefined);
  });
});

describe('labels as YOLO', () => {
  const names = ['dog', 'cat'];

  it('survive to a thousandth of a pixel, without the mark of difficult ones', () => {
    const text = writeYoloLabels([box(1.25), box(7, 'dog', true)], names, SIZE);
    const found = readYoloLabels(text, names, SIZE);
    expect(found.map(({ label, difficult }) => [label, difficult])).toEqual([
      ['cat', false],
      ['dog', false],
    ]);
    expect(found[0].box.x).toBeCloseTo(1.25, 3);
    expect(found[1].box.width).toBeCloseTo(30.5, 3);
  });

  it('keep the lines of polygons that have not changed', () => {
    const polygon = '1 0.1 0.1 0.5 0.1 0.3 0.6';
    const [shape] = readYoloLabels(polygon, names, SIZE);
    const text = writeYoloLabels([shape, box(9)], names, SIZE, `${polygon}\n7 0.5 0.5 0.1 0.1\n`);
    expect(text.split('\n')[0]).toBe(polygon);
    expect(text).toContain('7 0.5 0.5 0.1 0.1'); // of a class that is not in the list
    expect(replaceYoloClass(text, 1, 0)).toBe(text.replace(/^1/gm, '0'));
    expect(replaceYoloClass(text, 1)).toBe('7 0.5 0.5 0.1 0.1\n');
    expect(replaceYoloClass('\n 0 0.1', 3)).toBe('\n 0 0.1');
  });
});

describe('labels as COCO', () => {
  it('survive exactly, and add images and categories', () => {
    const file = new CocoLabels(emptyCoco());
    file.set('a.jpg', SIZE, [box(1.25), box(7, 'dog', true)]);
    const again = new CocoLabels(JSON.parse(JSON.stringify(file)));
    expect(again.boxes('a.jpg')).toEqual([box(1.25), box(7, 'dog', true)]);
    expect(again.classes).toEqual(['cat', 'dog']);
    expect(again.boxes('b.jpg')).toEqual([]);
  });

  it('keep segmentations, crowds and foreign keys', () => {
    const root = {
      info: { year: 2020 },
      images: [{ id: 5, file_name: 'a.jpg', width: 9, height: 9, flickr: 'u' }],
      categories: [{ id: 3, name: 'cat', supercategory: 'animal' }],
      annotations: [
        { id: 8, image_id: 5, category_id: 3, bbox: [1, 2, 3, 4], segmentation: [[1, 2]] },
        { id: 9, image_id: 5, category_id: 3, bbox: [0, 0, 9, 9], iscrowd: 1 },
        { id: 10, image_id: 5, category_id: 3, bbox: [4, 4, 1, 1] },
      ],
    };
    const file = new CocoLabels(structuredClone(root));
    const [first] = file.boxes('a.jpg');
    file.set('a.jpg', SIZE, [first, box(1)]);
    const written = JSON.parse(JSON.stringify(file));
    expect(written).toMatchObject({ info: root.info, images: root.images });
    expect(written.annotations.map(({ id }: { id: number }) => id)).toEqual([8, 11, 9]);
    expect(written.annotations[0]).toEqual(root.annotations[0]);

    file.replaceClass('cat', 'tom');
    file.set('a.jpg', SIZE, [...file.boxes('a.jpg'), box(5, 'dog')]);
    expect(file.boxes('a.jpg').map(({ label }) => label)).toEqual(['tom', 'tom', 'dog']);
    file.replaceClass('tom', 'dog');
    expect(file.boxes('a.jpg').map(({ label }) => label)).toEqual(['dog', 'dog', 'dog']);
    expect(file.annotations('a.jpg')[0]['segmentation']).toEqual([[1, 2]]);
    file.replaceClass('dog');
    expect([file.classes, file.annotations('a.jpg')]).toEqual([[], []]);
  });
});
