import { mkdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dataPart, withSplit } from '../../../src/cli/options/data-part.ts';
import { temporaryFolder } from '../helpers.ts';

const { at, remove } = temporaryFolder();
const home = process.cwd();

beforeAll(() => {
  for (const folder of ['boxes', 'a:b', 'c:d:train']) mkdirSync(at(folder));
  process.chdir(at());
});
afterAll(() => {
  process.chdir(home);
  remove();
});

describe('dataPart', () => {
  it.each([
    ['boxes', { path: 'boxes' }],
    ['boxes:train+val', { path: 'boxes', split: 'train+val' }],
    ['boxes:VOC2007/trainval', { path: 'boxes', split: 'VOC2007/trainval' }],
  ])('takes the split of an existing path: %s', (text, part) => {
    expect(dataPart(text)).toEqual(part);
  });

  it.each([
    ['a:b', { path: 'a:b' }],
    ['a:b:val', { path: 'a:b', split: 'val' }],
    ['c:d:train', { path: 'c:d:train' }],
    ['c:d:train:val', { path: 'c:d:train', split: 'val' }],
  ])('lets an existing path with colons win: %s', (text, part) => {
    expect(dataPart(text)).toEqual(part);
  });

  it.each([
    ['gone:train', { path: 'gone', split: 'train' }],
    ['x:y/VOC:train', { path: 'x:y/VOC', split: 'train' }],
    ['x:y/VOC', { path: 'x:y/VOC' }],
    ['C:\\boxes', { path: 'C:\\boxes' }],
    ['C:boxes', { path: 'C:boxes' }],
    ['C:\\boxes:train', { path: 'C:\\boxes', split: 'train' }],
    ['https://host:8080', { path: 'https://host:8080' }],
    ['https://host/coco.json:val', { path: 'https://host/coco.json', split: 'val' }],
  ])('goes by the text where nothing exists: %s', (text, part) => {
    expect(dataPart(text)).toEqual(part);
  });

  it('refuses a colon without a split', () => {
    const attempt = () => dataPart('boxes:');
    expect(attempt).toThrow(expect.objectContaining({ code: 'USAGE' }));
    expect(attempt).toThrow('"boxes:" has no split after the colon');
  });
});

describe('withSplit', () => {
  it('takes the split from either place, and refuses two', () => {
    const part = { path: 'boxes', split: 'val' };
    expect(withSplit({ path: 'boxes' }, 'val')).toEqual(part);
    expect(withSplit(part, undefined)).toEqual(part);
    expect(withSplit(part, 'val')).toEqual(part);
    expect(() => withSplit(part, 'test')).toThrow('"val" with the path and --split test');
  });
});
