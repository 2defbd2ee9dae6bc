/** One random dataset, written by hand in every format that is read. */
import fc from 'fast-check';
import { stringify } from 'yaml';
import type { Box } from '../../src/boxes.ts';
import type { DatasetFormat } from '../../src/datasets/index.ts';
import { png, type Tree, vocObject, vocXml } from './tree.ts';

export interface PlainImage {
  /** Without extension; no folder. */
  stem: string;
  width: number;
  height: number;
  boxes: { label: string; box: Box }[];
}

export const LABELS = ['nut', 'bolt & screw', '螺母'];

const STEMS = ['a', 'b 1', 'c.d', 'cafe\u0301', '007', 'x-y_z', "it's"];

/** Whole pixels, at least two wide and high, inside the image. */
const plainImage = fc
  .record({ width: fc.integer({ min: 20, max: 200 }), height: fc.integer({ min: 20, max: 200 }) })
  .chain(({ width, height }) => {
    const box = fc
      .record({
        x: fc.nat(width - 10),
        y: fc.nat(height - 10),
        width: fc.integer({ min: 2, max: 10 }),
        height: fc.integer({ min: 2, max: 10 }),
      })
      .chain((found) => fc.record({ label: fc.constantFrom(...LABELS), box: fc.constant(found) }));
    return fc.record({
      width: fc.constant(width),
      height: fc.constant(height),
      boxes: fc.array(box, { maxLength: 4 }),
    });
  });

/** Images of different names, of which the first has a box of each class. */
export const plainImages: fc.Arbitrary<PlainImage[]> = fc
  .record({
    stems: fc.uniqueArray(fc.constantFrom(...STEMS), { minLength: 1, maxLength: 4 }),
    images: fc.array(plainImage, { minLength: 4, maxLength: 4 }),
  })
  .map(({ stems, images }) =>
    stems.map((stem, i): PlainImage => {
      const all = LABELS.map((label, x) => ({ label, box: { x, y: x, width: 8, height: 9 } }));
      return { ...images[i], stem, boxes: i === 0 ? all : images[i].boxes };
    }),
  );

const escaped = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
const imageFiles = (images: readonly PlainImage[], folder: string): Tree =>
  Object.fromEntries(
    images.map(({ stem, width, height }, i) => [`${folder}${stem}.png`, png(width, height, i)]),
  );

/** The same datasets as other versions and programs write them. */
export const VARIANTS: [
  name: string,
  format: DatasetFormat,
  (images: readonly PlainImage[]) => Tree,
][] = [
  ['YOLO with tracks', 'yolo', (images) => yoloLines(images, (line, i) => `${line} 0.5 ${i + 2}`)],
  ['YOLO with scores', 'yolo', (images) => yoloLines(images, (line) => `${line} 0.25`)],
  [
    'Label Studio JSON-MIN',
    'labelstudio',
    (images) => {
      const { [EXPORT]: full, ...files } = WRITTEN.labelstudio(images);
      const tasks = JSON.parse(String(full)) as ExportedTask[];
      const minimal = tasks.map(({ id, data, annotations: [{ result }] }) => ({
        ...data,
        id,
        annotation_id: id,
        label: result.map(({ value, original_width, original_height }) => {
          return { ...value, original_width, original_height };
        }),
      }));
      return { ...files, 'min.JSON': JSON.stringify(minimal), 'package.json': '{"name": "x"}' };
    },
  ],
  [
    'LabelMe with images inside, in folders',
    'labelme',
    (images) => {
      const entries = Object.entries(WRITTEN.labelme(images)).map(([file, content]) => {
        if (typeof content !== 'string') return [`b1/images/${file}`, content];
        const { shapes, imagePath, ...rest } = JSON.parse(content) as Record<string, string>;
        const name = imagePath.replace(/.*\\/, '');
        const late = {
          imageData: 'A'.repeat(9000),
          ...rest,
          imagePath: `../images/${name}`,
          shapes,
        };
        return [`b1/json/${file}`, JSON.stringify(late)];
      });
      return Object.fromEntries(entries);
    },
  ],
  [
    'Open Images of two tables with byte order marks',
    'openimages',
    (images) => {
      const { [TABLE]: table, ...files } = WRITTEN.openimages(images);
      const text = `\ufeff${table}`;
      return { ...files, [TABLE]: text, [`oidv6-${TABLE}`]: text };
    },
  ],
  [
    'COCO beside other files',
    'coco',
    (images) => {
      const { 'annotations/instances_train.json': json, ...files } = WRITTEN.coco(images);
      return { ...files, 'Annotations/instances_train.JSON': json, 'config.yaml': 'a: 1' };
    },
  ],
];

const EXPORT = 'project-1-at-2024-01-01.json';
const TABLE = 'train-annotations-bbox.csv';

interface ExportedTask {
  id: number;
  data: object;
  annotations: { result: { value: object; original_width: number; original_height: number }[] }[];
}

function yoloLines(
  images: readonly PlainImage[],
  change: (line: string, index: number) => string,
): Tree {
  const entries = Object.entries(WRITTEN.yolo(images)).map(([file, content]) => {
    if (typeof content !== 'string' || !file.endsWith('.txt')) return [file, content];
    return [
      file,
      content
        .split('\n')
        .map((line, i) => (line ? change(line, i) : ''))
        .join('\n'),
    ];
  });
  return Object.fromEntries(entries);
}

/** The files of a dataset of one split, `train`. */
export const WRITTEN: Record<DatasetFormat, (images: readonly PlainImage[]) => Tree> = {
  voc: (images) => ({
    ...imageFiles(images, 'JPEGImages/'),
    'classes.txt': `${LABELS.join('\n')}\n`,
    'ImageSets/Main/train.txt': images.map(({ stem }) => `${stem}\n`).join(''),
    ...Object.fromEntries(
      images.map(({ stem, width, height, boxes }) => {
        const objects = boxes.map(({ label, box }) =>
          vocObject(escaped(label), [box.x + 1, box.y + 1, box.x + box.width, box.y + box.height]),
        );
        return [`Annotations/${stem}.xml`, vocXml(objects.join(''), width, height)];
      }),
    ),
  }),
  coco: (images) => ({
    ...imageFiles(images, 'train/'),
    'annotations/instances_train.json': JSON.stringify({
      images: images.map(({ stem, width, height }, id) => {
        return { id, file_name: `${stem}.png`, width, height };
      }),
      annotations: images.flatMap(({ boxes }, image_id) =>
        boxes.map(({ label, box: { x, y, width, height } }, i) => ({
          id: 100 * image_id + i,
          image_id,
          category_id: LABELS.indexOf(label) + 1,
          bbox: [x, y, width, height],
        })),
      ),
      categories: LABELS.map((name, i) => ({ id: i + 1, name })),
    }),
  }),
  yolo: (images) => ({
    ...imageFiles(images, 'images/train/'),
    'data.yaml': stringify({ train: 'images/train', names: LABELS }),
    ...Object.fromEntries(
      images.map(({ stem, width: w, height: h, boxes }) => [
        `labels/train/${stem}.txt`,
        boxes
          .map(({ label, box: { x, y, width, height } }) =>
            [
              LABELS.indexOf(label),
              ...[(x + width / 2) / w, (y + height / 2) / h, width / w, height / h],
            ].join(' '),
          )
          .join('\n'),
      ]),
    ),
  }),
  labelme: (images) => ({
    ...imageFiles(images, ''),
    ...Object.fromEntries(
      images.map(({ stem, width, height, boxes }) => [
        `${stem}.json`,
        JSON.stringify({
          version: '5.4.1',
          flags: {},
          shapes: boxes.map(({ label, box }) => ({
            label,
            points: [
              [box.x + box.width, box.y],
              [box.x, box.y + box.height],
            ],
            group_id: null,
            shape_type: 'rectangle',
            flags: {},
          })),
          imagePath: `..\\photos\\${stem}.png`,
          imageData: null,
          imageHeight: height,
          imageWidth: width,
        }),
      ]),
    ),
  }),
  cvat: (images) => ({
    ...imageFiles(images, 'images/'),
    'annotations.xml': `<?xml version="1.0" encoding="utf-8"?>
<annotations><version>1.1</version>
<meta><task><name>t</name><labels>${LABELS.map((l) => `<label><name>${escaped(l)}</name></label>`).join('')}</labels></task></meta>
${images
  .map(
    ({ stem, width, height, boxes }, id) =>
      `<image id="${id}" name="${escaped(stem)}.png" width="${width}" height="${height}">${boxes
        .map(
          ({ label, box }) =>
            `<box label="${escaped(label)}" occluded="0" source="manual" xtl="${box.x}.00" ytl="${box.y}.00" xbr="${box.x + box.width}" ybr="${box.y + box.height}" z_order="0"><attribute name="x">y</attribute></box>`,
        )
        .join('\n')}</image>`,
  )
  .join('\n')}
</annotations>`,
  }),
  labelstudio: (images) => ({
    ...imageFiles(images, 'images/'),
    'project-1-at-2024-01-01.json': JSON.stringify(
      images.map(({ stem, width: w, height: h, boxes }, i) => ({
        id: i + 7,
        data: { image: `/data/upload/1/${encodeURIComponent(`0a1b2c3d-${stem}`)}.png` },
        annotations: [
          {
            result: boxes.map(({ label, box: { x, y, width, height } }) => ({
              id: 'r',
              type: 'rectanglelabels',
              original_width: w,
              original_height: h,
              image_rotation: 0,
              value: {
                x: (100 * x) / w,
                y: (100 * y) / h,
                width: (100 * width) / w,
                height: (100 * height) / h,
                rotation: 0,
                rectanglelabels: [label],
              },
            })),
          },
        ],
      })),
    ),
  }),
  openimages: (images) => ({
    ...imageFiles(images, 'train/'),
    'class-descriptions-boxable.csv': LABELS.map((label, i) => `/m/0${i},"${label}"\n`).join(''),
    'train-annotations-bbox.csv': [
      'ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax,IsOccluded,IsTruncated,IsGroupOf,IsDepiction,IsInside',
      ...images.flatMap(({ stem, width: w, height: h, boxes }) =>
        boxes.map(({ label, box: { x, y, width, height } }) =>
          [
            ...[stem, 'xclick', `/m/0${LABELS.indexOf(label)}`, 1],
            ...[x / w, (x + width) / w, y / h, (y + height) / h, 0, 0, 0, 0, 0],
          ].join(','),
        ),
      ),
      '',
    ].join('\r\n'),
  }),
};
