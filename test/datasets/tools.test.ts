/** What labeling tools write beyond plain boxes. */
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { FORMATS } from '../../src/cli/output/formats.ts';
import { NO_COLORS } from '../../src/cli/terminal.ts';
import { checkDataset, loadDataset, openDataset } from '../../src/datasets/index.ts';
import { folderWith, png, type Tree } from './tree.ts';

const IMAGE = { 'a.png': png(100, 50) };
const boxes = async (tree: Tree) => {
  const { images, classes } = await loadDataset(folderWith(tree));
  return images[0].boxes.map(({ classId, box: { x, y, width, height } }) => [
    classes[classId],
    ...[x, y, width, height].map((value) => Math.round(value * 100) / 100),
  ]);
};
const codes = async (tree: Tree) => {
  const { errors, warnings, notes } = await checkDataset(folderWith(tree));
  return [...errors, ...warnings, ...notes].map(({ code }) => code);
};

describe('LabelMe', () => {
  const json = (shapes: object[], more: object = {}): Tree => ({
    ...IMAGE,
    'a.json': JSON.stringify({
      version: '5.0.1',
      shapes: shapes.map((shape) => ({ label: 'nut', ...shape })),
      imagePath: 'a.png',
      imageHeight: 50,
      imageWidth: 100,
      ...more,
    }),
  });

  it('gives polygons, circles and turned boxes the box around them', async () => {
    const shapes = [
      {
        shape_type: 'polygon',
        points: [
          [10, 10],
          [30, 5],
          [20, 40],
        ],
      },
      {
        shape_type: 'circle',
        points: [
          [50, 20],
          [53, 24],
        ],
      },
      {
        points: [
          [60, 1],
          [70, 9],
          [61, 5],
        ],
      },
    ];
    expect(await boxes(json(shapes))).toEqual([
      ['nut', 10, 5, 20, 35],
      ['nut', 45, 15, 10, 10],
      ['nut', 60, 1, 10, 8],
    ]);
    expect(await codes(json(shapes))).toEqual(['box-of-shape']);
  });

  it.each(['png', 'jpg', 'JPEG'])('finds the %s image of its own name', async (extension) => {
    const { 'a.json': text } = json([
      {
        points: [
          [1, 1],
          [9, 9],
        ],
        shape_type: 'rectangle',
      },
    ]);
    const { imagePath: _, ...content } = JSON.parse(String(text)) as Record<string, unknown>;
    for (const stale of [
      {},
      { imagePath: `IMG_0001.${extension}` },
      { imagePath: 'IMG_0001.bmp' },
    ]) {
      const tree = {
        'sub/a.json': JSON.stringify({ ...content, ...stale }),
        [`sub/a.${extension}`]: png(100, 50),
      };
      expect(await codes(tree)).toEqual([]);
    }
  });

  it('leaves out points and lines with a note', async () => {
    const shapes = [
      {
        shape_type: 'rectangle',
        points: [
          [30, 40],
          [10, 10],
        ],
      },
      { shape_type: 'point', points: [[1, 1]] },
    ];
    expect(await boxes(json(shapes))).toEqual([['nut', 10, 10, 20, 30]]);
    expect(await codes(json(shapes))).toEqual(['shape-left-out']);
  });

  const triangle = (x: number, more: object = {}) => ({
    points: [
      [x, 1],
      [x + 5, 1],
      [x, 9],
    ],
    ...more,
  });
  const rectangle = (x: number, more: object = {}) => ({
    shape_type: 'rectangle',
    points: [
      [x, 1],
      [x + 5, 9],
    ],
    ...more,
  });

  it('takes a shape of no type for a polygon', async () => {
    for (const type of [null, undefined, 'polygon']) {
      expect(await boxes(json([triangle(10, { shape_type: type })]))).toEqual([
        ['nut', 10, 1, 5, 8],
      ]);
    }
  });

  it('joins the shapes of one label and group, but not rectangles alone', async () => {
    const both = [triangle(10, { group_id: 1 }), triangle(30, { group_id: 1 })];
    expect(await boxes(json(both))).toEqual([['nut', 10, 1, 25, 8]]);
    const mixed = [rectangle(10, { group_id: 0 }), triangle(30, { group_id: 0 })];
    expect(await boxes(json(mixed))).toEqual([['nut', 10, 1, 25, 8]]);
    for (const apart of [
      [rectangle(10, { group_id: 1 }), rectangle(30, { group_id: 1 })],
      [triangle(10, { group_id: 1 }), triangle(30, { group_id: 2 })],
      [triangle(10, { group_id: 1 }), triangle(30, { group_id: 1, label: 'bolt' })],
      [triangle(10, { group_id: null }), triangle(30, { group_id: null })],
      [triangle(10), triangle(30)],
    ]) {
      expect(await boxes(json(apart))).toHaveLength(2);
    }
  });

  it('is recognized wherever the keys are', async () => {
    const { shapes, ...rest } = JSON.parse(String(json([rectangle(10)])['a.json']));
    const late = { imageData: 'A'.repeat(300_000), ...rest, shapes };
    const tree = { ...IMAGE, 'a.json': JSON.stringify(late) };
    expect(await boxes(tree)).toEqual([['nut', 10, 1, 5, 8]]);
    expect(await boxes({ ...IMAGE, 'a.JSON': `\ufeff${JSON.stringify(late)}` })).toHaveLength(1);
  });

  it('reads folders of any depth, each with its own images', async () => {
    const folder = folderWith({
      'b1/a.json': String(json([rectangle(10)])['a.json']),
      'b1/a.png': png(100, 50),
      'b2/deep/a.json': String(json([rectangle(20)])['a.json']),
      'b2/deep/a.png': png(100, 50, 2),
      'b3/labels/c.json': String(json([rectangle(30)], { imagePath: 'c.png' })['a.json']),
      'b3/images/c.png': png(100, 50, 3),
      'b4/a.json': String(json([rectangle(40)])['a.json']),
      'b5/d.json': String(json([rectangle(50)], { imagePath: '../photos/d.png' })['a.json']),
      'photos/d.png': png(100, 50, 4),
    });
    const { images } = await loadDataset(folder);
    const found = images.map((image) => [path.relative(folder, image.path), image.boxes[0].box.x]);
    expect(found).toEqual([
      ['b1/a.png', 10],
      ['b2/deep/a.png', 20],
      ['b3/images/c.png', 30],
      // Its image is missing; those of other folders are not its own.
      ['b4/a.png', 40],
      ['photos/d.png', 50],
    ]);
  });

  it('reports what is malformed', async () => {
    for (const shape of [{ points: [] }, { points: [['x', 1]] }, { label: 7, points: [[1, 1]] }]) {
      expect(await codes(json([{ shape_type: 'rectangle', ...shape }]))).toContain(
        'malformed-file',
      );
    }
    const flat = json([
      {
        shape_type: 'rectangle',
        points: [
          [5, 5],
          [5, 9],
        ],
      },
    ]);
    expect(await codes(flat)).toContain('zero-area-box');
  });

  it('may be split by folders, and one file', async () => {
    const tree = json([
      {
        shape_type: 'rectangle',
        points: [
          [1, 1],
          [9, 9],
        ],
      },
    ]);
    const folder = folderWith(
      Object.fromEntries(
        ['train', 'val'].flatMap((s) => Object.entries(tree).map(([f, c]) => [`${s}/${f}`, c])),
      ),
    );
    expect((await openDataset(folder)).splits).toEqual(['train', 'val']);
    const one = await loadDataset(path.join(folder, 'val/a.json'));
    expect(one).toMatchObject({ format: 'labelme', images: [{ boxes: [{}] }] });
  });
});

describe('CVAT for images', () => {
  const xml = (shapes: string, image = ''): Tree => ({
    ...IMAGE,
    'annotations.xml': `<annotations><version>1.1</version><image id="0" name="a.png" width="100" height="50" ${image}>${shapes}</image></annotations>`,
  });

  it('gives other shapes the box around them, and turns boxes about their center', async () => {
    const shapes = `
      <box label="nut" xtl="10" ytl="10" xbr="30" ybr="20" rotation="90.0"/>
      <polygon label="nut" points="1,2;5.5,3;4,9"/>
      <ellipse label="nut" cx="50" cy="20" rx="5" ry="3"/>
      <mask label="nut" rle="1,2" left="3" top="4" width="5" height="6"/>
      <points label="nut" points="1,1"/><tag label="nut"/>`;
    expect(await boxes(xml(shapes))).toEqual([
      ['nut', 15, 5, 10, 20],
      ['nut', 1, 2, 4.5, 7],
      ['nut', 45, 17, 10, 6],
      ['nut', 3, 4, 5, 6],
    ]);
    expect(await codes(xml(shapes))).toEqual(['box-of-shape', 'shape-left-out']);
  });

  it('warns of labeled objects of which it reads no box', async () => {
    const shapes = '<cuboid label="nut" xtl1="10"/><skeleton label="nut"><points/></skeleton>';
    expect(await codes(xml(shapes))).toEqual(['unread-object', 'unread-object', 'no-boxes']);
    const { warnings } = await loadDataset(folderWith(xml(shapes)));
    expect(warnings.map(({ message }) => message)).toEqual([
      '1 labeled objects are cuboids, of which no box is read',
      '1 labeled objects are skeletons, of which no box is read',
    ]);
  });

  it('reports a rotation that is no number', async () => {
    for (const shape of [
      '<box label="nut" xtl="1" ytl="1" xbr="9" ybr="9" rotation="x"/>',
      '<ellipse label="nut" cx="50" cy="20" rx="5" ry="3" rotation="x"/>',
    ]) {
      expect(await codes(xml(shape))).toContain('malformed-file');
    }
  });

  it('may lie beside other XML files, under any name', async () => {
    const { 'annotations.xml': content, ...image } = xml('');
    for (const name of ['annotations.xml', 'Annotations.XML', 'task.xml']) {
      const found = await codes({ ...image, [name]: content, 'layout.xml': '<x/>' });
      expect(found.sort()).toEqual(['no-boxes', 'unused-file']);
    }
  });

  it('gives a turned ellipse the box around it', async () => {
    const ellipse = (rotation: string) =>
      xml(`<ellipse label="nut" cx="50" cy="20" rx="10" ry="4" ${rotation}/>`);
    expect(await boxes(ellipse(''))).toEqual([['nut', 40, 16, 20, 8]]);
    expect(await boxes(ellipse('rotation="90"'))).toEqual([['nut', 46, 10, 8, 20]]);
    expect(await boxes(ellipse('rotation="180"'))).toEqual([['nut', 40, 16, 20, 8]]);
    const half = Math.sqrt((100 + 16) / 2);
    for (const angle of [45, 135, -45]) {
      const [[, x, , width, height]] = await boxes(ellipse(`rotation="${angle}"`));
      expect([x, width, height].map(Number)).toEqual(
        [50 - half, 2 * half, 2 * half].map((value) => expect.closeTo(value, 1)),
      );
    }
  });

  it('has the labels of the task as classes, without the points of skeletons', async () => {
    const labels = [['nut'], ['body'], ['elbow', '<parent>body</parent>']].map(
      ([name, parent = '']) => `<label><name>${name}</name>${parent}</label>`,
    );
    const meta = `<meta><task><labels>${labels.join('')}</labels></task></meta>`;
    const tree = {
      ...IMAGE,
      'annotations.xml': `<annotations>${meta}<image id="0" name="a.png" width="100" height="50"/></annotations>`,
    };
    expect((await loadDataset(folderWith(tree))).classes).toEqual(['nut', 'body']);
  });

  it('has the subsets of a project as splits', async () => {
    const box = '<box label="nut" xtl="1" ytl="1" xbr="9" ybr="9"/>';
    const folder = folderWith(xml(box, 'subset="Validation"'));
    expect((await openDataset(folder)).splits).toEqual(['Validation']);
    expect((await loadDataset(folder, { split: 'val' })).images).toHaveLength(1);
  });

  it('is not CVAT for video', async () => {
    const video = { ...IMAGE, 'annotations.xml': '<annotations><track id="0"/></annotations>' };
    await expect(loadDataset(folderWith(video))).rejects.toThrow(
      'export the task as CVAT for images',
    );
  });
});

describe('Label Studio', () => {
  const region = (type: string, value: object, more: object = {}) => ({
    id: 'r',
    type,
    original_width: 100,
    original_height: 50,
    image_rotation: 0,
    value,
    ...more,
  });
  const task = (result: object[], more: object = {}) => [
    { id: 1, data: { image: '/data/upload/1/0123abcd-a.png' }, annotations: [{ result }], ...more },
  ];
  const json = (tasks: object[]): Tree => ({ ...IMAGE, 'export.json': JSON.stringify(tasks) });
  const rectangle = { x: 10, y: 20, width: 20, height: 40 };

  /** RGBA values in runs of up to 16 repeated values, as @thi.ng/rle-pack writes them. */
  function packed(values: readonly number[]): number[] {
    let bits = '';
    const add = (value: number, count: number) => {
      bits += value.toString(2).padStart(count, '0');
    };
    add(values.length, 32);
    for (const [value, count] of [
      [7, 5],
      [0, 4],
      [3, 4],
      [7, 4],
      [15, 4],
    ]) {
      add(value, count);
    }
    for (let i = 0; i < values.length; ) {
      let end = i + 1;
      while (end - i < 16 && values[end] === values[i]) end++;
      const isRepeated = end > i + 1;
      add(isRepeated ? 1 : 0, 1);
      add(isRepeated ? 1 : 0, 2);
      add(end - i - 1, isRepeated ? 4 : 1);
      add(values[i], 8);
      i = end;
    }
    return (bits.match(/.{1,8}/g) ?? []).map((byte) => Number.parseInt(byte.padEnd(8, '0'), 2));
  }

  it('gives brush masks the box around them, and warns of those that it cannot read', async () => {
    const alpha = (x: number, y: number) => (x >= 20 && x < 45 && y >= 10 && y < 30 ? 255 : 0);
    const values = Array.from({ length: 4 * 100 * 50 }, (_, i) =>
      i % 4 === 3 ? alpha((i >> 2) % 100, Math.floor((i >> 2) / 100)) : 9,
    );
    const brush = (rle: number[]): Tree => {
      const value = { format: 'rle', rle, brushlabels: ['nut'] };
      return { ...IMAGE, 'export.json': JSON.stringify(task([region('brushlabels', value)])) };
    };
    expect(await boxes(brush(packed(values)))).toEqual([['nut', 20, 10, 25, 20]]);
    expect(await codes(brush(packed(values)))).toEqual(['box-of-shape']);
    for (const broken of [[1, 2], packed(values).slice(0, 900), packed(values.map(() => 0))]) {
      expect((await codes(brush(broken))).sort()).toEqual(['no-boxes', 'unread-object']);
    }
  });

  it('turns percentages into pixels, and turned rectangles about their corner', async () => {
    const tasks = task([
      region('rectanglelabels', { ...rectangle, rotation: 0, rectanglelabels: ['nut'] }),
      region('rectanglelabels', { ...rectangle, rotation: 90, rectanglelabels: ['bolt'] }),
      region('polygonlabels', {
        points: [
          [1, 2],
          [5, 4],
          [3, 8],
        ],
        polygonlabels: ['nut'],
      }),
      region('ellipselabels', { x: 50, y: 50, radiusX: 5, radiusY: 10, ellipselabels: ['nut'] }),
    ]);
    expect(await boxes(json(tasks))).toEqual([
      ['nut', 10, 10, 20, 20],
      ['bolt', -10, 10, 20, 20],
      ['nut', 1, 1, 4, 3],
      ['nut', 45, 20, 10, 10],
    ]);
  });

  it('takes the label of a region from another that shares its id', async () => {
    const tasks = task([
      region('rectangle', { ...rectangle }),
      region('labels', { ...rectangle, labels: ['nut'] }),
    ]);
    expect(await boxes(json(tasks))).toEqual([['nut', 10, 10, 20, 20]]);
  });

  it('prefers annotations, skips cancelled ones, and says when there are several', async () => {
    const named = (label: string) => ({
      result: [region('rectanglelabels', { ...rectangle, rectanglelabels: [label] })],
    });
    const tasks = task([], {
      predictions: [named('guess')],
      annotations: [{ ...named('wrong'), was_cancelled: true }, named('nut'), named('second')],
    });
    expect(await boxes(json(tasks))).toEqual([['nut', 10, 10, 20, 20]]);
    expect(await codes(json(tasks))).toEqual(['repeated-image']);
    const predicted = [{ data: { image: 'a.png' }, predictions: [named('guess')] }];
    expect(await boxes(json(predicted))).toEqual([['guess', 10, 10, 20, 20]]);
  });

  it('takes no prediction for truth where a task was skipped, or others are annotated', async () => {
    const result = [region('rectanglelabels', { ...rectangle, rectanglelabels: ['nut'] })];
    const predictions = [{ result }];
    const data = { image: 'b.png' };
    for (const more of [
      { annotations: [{ result, was_cancelled: true }] },
      { annotations: [{ result, skipped: true }] },
      { completions: [{ result: [], was_cancelled: true }] },
      { annotations: [] },
      {},
    ]) {
      const tree = {
        ...json([...task(result), { id: 2, data, predictions, ...more }]),
        'b.png': png(100, 50, 2),
      };
      expect((await loadDataset(folderWith(tree))).images).toHaveLength(1);
      expect(await codes(tree)).toEqual(['unlabeled-image', 'unlabeled-image']);
    }
  });

  it('gives each image of a task the regions that refer to it', async () => {
    const at = (to_name: string | undefined, label: string) =>
      region('rectanglelabels', { ...rectangle, rectanglelabels: [label] }, { to_name });
    const load = async (data: object, result: object[]) => {
      const tree = { ...json([{ data, annotations: [{ result }] }]), 'b.png': png(100, 50, 2) };
      const { images, classes } = await loadDataset(folderWith(tree));
      return Object.fromEntries(
        images.map(({ fileName, boxes: all }) => [
          fileName,
          all.map(({ classId }) => classes[classId]),
        ]),
      );
    };
    for (const [first, second, one, two] of [
      ['left', 'right', 'left', 'right'],
      ['image1', 'image2', 'img-1', 'img-2'],
      ['photo_a', 'photo_b', 'Photo-A', 'Photo-B'],
    ]) {
      expect(
        await load({ [first]: 'a.png', [second]: 'b.png' }, [at(two, 'bolt'), at(one, 'nut')]),
      ).toEqual({ 'a.png': ['nut'], 'b.png': ['bolt'] });
    }
    // The usual key comes before the order.
    for (const name of ['image', undefined, 'img']) {
      const data = { thumbnail: 'b.png', image: 'a.png' };
      if (name === 'img') await expect(load(data, [at(name, 'nut')])).rejects.toThrow('"img"');
      else expect(await load(data, [at(name, 'nut')])).toEqual({ 'a.png': ['nut'] });
    }
    expect(await load({ photo: 'a.png', text: 'x' }, [at('img', 'nut')])).toEqual({
      'a.png': ['nut'],
    });
  });

  it('turns ellipses about their center, in pixels', async () => {
    const ellipse = (rotation: number) =>
      json(
        task([
          region('ellipselabels', {
            ...{ x: 50, y: 50, radiusX: 10, radiusY: 8, rotation },
            ellipselabels: ['nut'],
          }),
        ]),
      );
    expect(await boxes(ellipse(0))).toEqual([['nut', 40, 21, 20, 8]]);
    expect(await boxes(ellipse(90))).toEqual([['nut', 46, 15, 8, 20]]);
  });

  it('reads JSON-MIN', async () => {
    const size = { original_width: 100, original_height: 50, rotation: 0 };
    const minimal = [
      {
        image: '/data/upload/1/0123abcd-a.png',
        id: 1,
        label: [
          { ...rectangle, ...size, rectanglelabels: ['nut'] },
          {
            ...size,
            points: [
              [1, 2],
              [5, 4],
              [3, 8],
            ],
            polygonlabels: ['bolt'],
          },
        ],
        choice: 'good',
        annotator: 1,
        annotation_id: 3,
      },
    ];
    expect(await boxes(json(minimal))).toEqual([
      ['nut', 10, 10, 20, 20],
      ['bolt', 1, 1, 4, 3],
    ]);
    expect(await codes(json(minimal))).toEqual(['box-of-shape']);
  });

  it.each([
    '100%.png',
    'a#1.png',
    'what?.png',
    'a&b=c.png',
    'a+b %20.png',
    "it's (1).png",
    '螺母.png',
  ])('finds %s by its name, and by the link that detect writes', async (name) => {
    const result = { file: `photos/${name}`, width: 100, height: 50, detections: [] };
    const document = FORMATS.labelstudio.document!({ classes: [], colors: NO_COLORS });
    const link = JSON.parse(document.image(result).slice(1)).data.image;
    expect(new URL(link, 'http://h').searchParams.get('d')).toBe(`photos/${name}`);
    for (const image of [name, link]) {
      const tree = {
        [`photos/${name}`]: png(100, 50),
        'e.json': JSON.stringify([{ data: { image }, annotations: [{ result: [] }] }]),
      };
      expect(await codes(tree)).toEqual(['no-boxes']);
    }
  });

  it.each(['a.png', 'https://h/x/a.png?t=1', '/data/local-files/?d=in%2Fa.png', 's3://b/a.png'])(
    'finds the image of %s',
    async (image) => {
      const tasks = [{ data: { image }, annotations: [{ result: [] }] }];
      expect(await codes(json(tasks))).toEqual(['no-boxes']);
    },
  );
});

describe('Open Images', () => {
  const header = 'ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax,IsGroupOf';
  const csv = (...rows: string[]): Tree => ({
    'validation/a.jpg': png(100, 50),
    'validation-annotations-bbox.csv': [header, ...rows].join('\n'),
    'class-descriptions-boxable.csv': '/m/01,"Nut, hex"\n',
  });

  it('knows classes by their descriptions, groups as crowds, and the columns by name', async () => {
    const folder = folderWith(csv('a,x,/m/01,1,0.1,0.3,0.2,0.6,1', 'a,x,/m/02,1,0,1,0,1,0'));
    const { classes, images, split } = await loadDataset(folder, { split: 'val' });
    expect({ classes, split }).toEqual({ classes: ['/m/02', 'Nut, hex'], split: 'validation' });
    expect(images).toMatchObject([
      {
        id: 'a',
        boxes: [
          { classId: 1, crowd: true, line: 2, box: { x: 10, y: 10, width: expect.closeTo(20) } },
          { classId: 0, crowd: false, line: 3, box: { width: 100, height: 50 } },
        ],
      },
    ]);
  });

  it('joins the tables of one split, which may repeat each other', async () => {
    const row = 'a,x,/m/01,1,0.1,0.3,0.2,0.6,0';
    const folder = folderWith({
      ...csv(row),
      'oidv6-validation-annotations-bbox.csv': [header, row, 'a,x,/m/01,1,0,1,0,1,0'].join('\n'),
    });
    const { images } = await loadDataset(folder);
    expect(images.map(({ boxes: all }) => all.length)).toEqual([2]);
    expect((await checkDataset(folder)).notes).toEqual([]);
  });

  it.each([
    ['UTF-8', (text: string) => Buffer.from(`\ufeff${text}`)],
    ['UTF-16', (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le')],
  ])('may begin with a byte order mark of %s', async (_, encode) => {
    const row = 'a,x,/m/01,1,0.1,0.3,0.2,0.6,0';
    const tree = Object.entries(csv(row)).map(([name, content]) => [
      name.toUpperCase().endsWith('.CSV') ? name.replace('.csv', '.CSV') : name,
      typeof content === 'string' ? encode(content) : content,
    ]);
    const { images, classes } = await loadDataset(folderWith(Object.fromEntries(tree)));
    expect([images.map(({ id }) => id), classes]).toEqual([['a'], ['Nut, hex']]);
  });

  it('reports bytes that are no text', async () => {
    const rows = csv('a,x,/m/01,1,0.1,0.3,0.2,0.6,0', 'a,\xff,/m/01,1,0,1,0,1,0');
    const name = 'validation-annotations-bbox.csv';
    const tree = { ...rows, [name]: Buffer.from(String(rows[name]), 'latin1') };
    expect(await codes(tree)).toContain('text-encoding');
  });

  it('reports images that are not there, and malformed rows', async () => {
    const tree = csv(
      'a,x,/m/01,1,0.1,0.3,0.2,0.6,0',
      'gone,x,/m/01,1,0,1,0,1,0',
      'a,x,,1,0,1,0,1,0',
    );
    expect(await codes(tree)).toEqual(['malformed-file', 'missing-image']);
  });
});
