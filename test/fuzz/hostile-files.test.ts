/** Attacks on the readers of images, annotations and configurations, each with its error code. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { deflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { classList } from '../../src/cli/options/class-list.ts';
import { trainOptions } from '../../src/cli/train/train-flags.ts';
import { checkDataset, loadDataset } from '../../src/datasets/index.ts';
import { didYouMean, RefineDetError } from '../../src/errors.ts';
import { decodeImage } from '../../src/image/node/decode.ts';
import { parseJson } from '../../src/json.ts';
import { resolveTrainConfig } from '../../src/training/config/resolve-config.ts';
import { readMetrics } from '../../src/training/run/training-run.ts';
import { folderWith, png, type Tree, vocTree, vocXml } from '../datasets/tree.ts';
import { bytes } from '../weights/pickle-writer.ts';

async function codeOf(read: () => unknown): Promise<string> {
  try {
    await read();
    return 'none';
  } catch (error) {
    return error instanceof RefineDetError ? error.code : String(error);
  }
}

const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);

describe('images', () => {
  it('a JPEG of 81 megapixels in a thousand bytes', async () => {
    const cat = readFileSync(new URL('../../examples/cat.jpg', import.meta.url));
    const frame = cat.indexOf(Buffer.from([0xff, 0xc0]));
    const scan = cat.indexOf(Buffer.from([0xff, 0xda]));
    cat.writeUInt16BE(9000, frame + 5);
    cat.writeUInt16BE(9000, frame + 7);
    const bomb = bytes(cat.subarray(0, scan + 30), [0xff, 0xd9]);
    expect(await codeOf(() => decodeImage(bomb))).toBe('IMAGE_CORRUPT');
  });

  it('a PNG that inflates to a thousand times its pixels', async () => {
    const image = png(20, 20);
    const data = Buffer.from(image).indexOf('IDAT') + 4;
    const bomb = deflateSync(new Uint8Array(10_000_000));
    const size = new Uint8Array(4);
    new DataView(size.buffer).setUint32(0, bomb.length);
    const head = image.slice(0, data - 8);
    const end = [0, 0, 0, 0, 0x49, 0x45, 0x4e, 0x44, 0, 0, 0, 0];
    const file = bytes(head, size, 'IDAT', bomb, [0, 0, 0, 0], end);
    expect(await codeOf(() => decodeImage(file))).toBe('IMAGE_CORRUPT');
  });

  it.each([
    [2 ** 31 - 1, 2 ** 31 - 1],
    [2 ** 32 - 1, 1],
  ])('a PNG of %d × %d pixels', async (width, height) => {
    const file = png(1, 1);
    const view = new DataView(file.buffer, file.byteOffset);
    view.setUint32(16, width);
    view.setUint32(20, height);
    expect(await codeOf(() => decodeImage(file))).toBe('IMAGE_TOO_LARGE');
  });
});

const OUTSIDE = [
  '../secret.png',
  '/etc/passwd',
  'C:\\secret.png',
  '..\\..\\secret.png',
  'x/../../secret.png',
  'a\0.png',
];

function coco(parts: Record<string, unknown>): Tree {
  const whole = {
    categories: [{ id: 1, name: 'cat' }],
    images: [{ id: 1, file_name: 'a.png', width: 40, height: 30 }],
    annotations: [],
    ...parts,
  };
  return { 'train.json': JSON.stringify(whole), 'a.png': png(40, 30) };
}

/** A dataset in `x/y/data`, with images in the folders above. */
const besideSecrets = (tree: Tree): Tree => ({
  'x/secret.png': png(40, 30),
  'x/y/secret.png': png(40, 30),
  ...Object.fromEntries(Object.entries(tree).map(([file, text]) => [`x/y/data/${file}`, text])),
});

describe('annotations', () => {
  const code = (tree: Tree, file = '') =>
    codeOf(() => loadDataset(path.join(folderWith(tree), file)));

  it.each(OUTSIDE)('COCO cannot refer to the image %j', async (name) => {
    const tree = coco({ images: [{ id: 1, file_name: name }] });
    expect(await code(besideSecrets(tree), 'x/y/data/train.json')).toBe('DATASET_FORMAT');
  });

  it.each(OUTSIDE)('VOC cannot refer to the image %j', async (name) => {
    const tree = { ...vocTree({ a: vocXml() }), 'ImageSets/Main/train.txt': `${name}\n` };
    expect(await code(besideSecrets(tree), 'x/y/data')).toBe('DATASET_FORMAT');
  });

  it('COCO cannot nest without limit', async () => {
    const text = (coco({})['train.json'] as string).replace('"a.png"', nested(100_000));
    expect(await code({ 'train.json': text }, 'train.json')).toBe('DATASET_FORMAT');
  });

  it('hundreds of thousands of findings do not fill the memory', async () => {
    const text = (coco({})['train.json'] as string).replace(
      '"annotations":[]',
      `"annotations":[${'0,'.repeat(150_000)}0]`,
    );
    const folder = folderWith({ 'train.json': text, 'a.png': png(40, 30) });
    const { errors } = await checkDataset(path.join(folder, 'train.json'));
    expect(errors).toHaveLength(100_001);
    expect(errors.filter((finding) => finding.code === 'too-many-findings')).toHaveLength(1);
  });

  it.each([
    ['entities', '<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;">]><annotation>&c;</annotation>'],
    ['an external entity', '<!DOCTYPE a SYSTEM "file:///etc/passwd"><annotation/>'],
    ['endless nesting', `<annotation>${'<a>'.repeat(10_000)}`],
  ])('VOC cannot have %s', async (_, text) => {
    expect(await code(vocTree({ a: text }))).toBe('DATASET_FORMAT');
  });

  it('VOC elements with long names are as fast as short ones', async () => {
    const names = Array.from({ length: 24 }, (_, i) => `n${i}`.padEnd(50_000, 'x'));
    const open = names.map((name) => `<${name}>`).join('');
    const close = names
      .map((name) => `</${name}>`)
      .toReversed()
      .join('');
    const text = `<annotation><object>${open}${'<a/>'.repeat(20_000)}${close}</object></annotation>`;
    const { user } = process.cpuUsage();
    expect(await code(vocTree({ a: text }))).toBe('DATASET_FORMAT');
    expect((process.cpuUsage().user - user) / 1e6).toBeLessThan(5);
  });

  it('YOLO images in folders of any depth are as fast as others', async () => {
    const deep = `images/${'a/'.repeat(20_000)}a.png`;
    const tree = {
      'data.yaml': 'train: train.txt\nnames: [cat]\n',
      'train.txt': `${deep}\nimages/a.png\n`,
    };
    const { user } = process.cpuUsage();
    const { images } = await loadDataset(path.join(folderWith(tree), 'data.yaml'));
    expect(images.map(({ fileName }) => fileName)).toEqual([deep.slice(7), 'a.png']);
    expect((process.cpuUsage().user - user) / 1e6).toBeLessThan(5);
  });

  it.each([
    ['tens of thousands of keys', Array.from({ length: 30_000 }, (_, i) => `${i}:\n`).join('')],
    ['a class that is not a name', 'train: images\nnames: [{a: b}]\n'],
    [
      'aliases of aliases',
      `a: &a [1]\n${[...'bcdefghij'].map((x, i) => `${x}: &${x} [${`*${'abcdefghij'[i]},`.repeat(9)}]\n`).join('')}`,
    ],
    ['types of a programming language', 'train: !!js/function "x"\n'],
  ])('YOLO cannot have %s', async (_, text) => {
    expect(await code({ 'data.yaml': text }, 'data.yaml')).toBe('DATASET_FORMAT');
  });
});

describe('configurations', () => {
  const read = async (text: string) => {
    const config = path.join(folderWith({ 'config.json': text }), 'config.json');
    const flags = { tcb: true, armRegression: true, negativeFiltering: true, lr: 0.1, out: 'x' };
    return resolveTrainConfig(await trainOptions({ ...flags, config }));
  };
  it.each([
    ...['null', '[]', '5', '"ab"', '{', '{"preset":5}', '{"schedule":5}', '{"optimizer":null}'],
    ...['{"schedule":{"kind":5}}', '{"evaluation":[]}', '{"batch":{"toString":0,"valueOf":0}}'],
    '{"schedule":{"gamma":{"toString":0,"valueOf":0}}}',
    '{"loss":{"arm":{"positive":{"toString":0,"valueOf":0}}}}',
    '{"augmentation":{"__proto__":{"a":1}}}',
    '{"__proto__":{"a":1}}',
    `{"batch":${nested(100_000)}}`,
    `{"batch":${nested(50)}}`,
  ])('%.40s', async (text) => {
    expect(await codeOf(() => read(text))).toMatch(/^(INVALID_OPTION|UNKNOWN_PRESET)$/);
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  it('damaged metrics of a run are reported with the line', async () => {
    const lines = '{"step":1}\n{"step":\n';
    const refuse = () => Promise.reject(new Error('no'));
    const store = {
      ...{ describe: (name: string) => name, write: refuse, append: refuse },
      read: async () => new TextEncoder().encode(lines),
    };
    await expect(readMetrics(store)).rejects.toThrowError(
      expect.objectContaining({
        code: 'CHECKPOINT_MISMATCH',
        message: expect.stringContaining('metrics.jsonl:2: '),
      }),
    );
  });
});

describe('lists of class names', () => {
  const code = (text: string | Uint8Array) =>
    codeOf(() => classList(`@${path.join(folderWith({ 'classes.txt': text }), 'classes.txt')}`));

  it.each([
    ['of nothing', '', 'USAGE'],
    ['of blank lines', '\uFEFF\r\n \t\n'.repeat(50_000), 'USAGE'],
    ['larger than a list of a million names', new Uint8Array(65 * 2 ** 20), 'DATASET_FORMAT'],
  ])('%s', async (_, text, expected) => {
    expect(await code(text)).toBe(expected);
  });

  it.each(['@', '@no/such/file', '@.', '@/dev/zero'])('that are not files: %s', async (name) => {
    expect(await codeOf(() => classList(name))).toBe('FILE_NOT_FOUND');
  });
});

describe('JSON', () => {
  it('may have 64 levels, with any text in its strings', () => {
    const text = `{"a":${nested(63)},"b\\"[[":"${nested(200)}"}`;
    expect(parseJson(text)).toEqual(JSON.parse(text));
    expect(() => parseJson(`[${nested(64)}]`)).toThrow('nested more than 64 deep');
  });
});

it('suggestions for long words take no time', () => {
  const word = 'x'.repeat(1_000_000);
  expect(didYouMean(word, [`${word}y`, word])).toBe('');
});
