import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  expandInputs,
  type Image,
  type Input,
  isImageWord,
  readImage,
} from '../../src/cli/inputs.ts';
import { temporaryFolder } from './helpers.ts';

const { folder, at, remove } = temporaryFolder();

beforeAll(() => {
  mkdirSync(at('photos/deep/.hidden'), { recursive: true });
  mkdirSync(at('empty'));
  for (const name of ['10.jpg', '9.JPEG', 'x.png', 'y.webp', 'z.gif', '._x.png', 'notes.txt']) {
    writeFileSync(at('photos', name), '');
  }
  writeFileSync(at('photos/deep/x.png'), '');
  mkdirSync(at('mixed'));
  for (const name of ['a.jpg', 'a.detected.jpg', 'b.detected.png', 'undetected.jpg']) {
    writeFileSync(at('mixed', name), '');
  }
  writeFileSync(at('photos/deep/.hidden/x.png'), '');
  writeFileSync(at('scan.bin'), '');
});
afterAll(remove);

const summary = (inputs: readonly Input[]) =>
  inputs.map((input) =>
    'error' in input
      ? input.error.code
      : path.relative(folder, input.file).replaceAll(path.sep, '/'),
  );

describe('expandInputs', () => {
  it('takes the images of a folder in natural order, without hidden files', async () => {
    expect(summary(await expandInputs([at('photos')]))).toEqual([
      'photos/9.JPEG',
      'photos/10.jpg',
      'photos/x.png',
      'photos/y.webp',
    ]);
  });

  it('leaves out annotated copies of earlier runs, unless they are named', async () => {
    const images = ['mixed/a.jpg', 'mixed/undetected.jpg'];
    expect(summary(await expandInputs([at('mixed')]))).toEqual(images);
    expect(summary(await expandInputs([at('mixed/*')]))).toEqual(images);
    const copy = 'mixed/a.detected.jpg';
    expect(summary(await expandInputs([at(copy)]))).toEqual([copy]);
  });

  it('reads the folders inside folders with --recursive and keeps their names apart', async () => {
    const inputs = await expandInputs([at('photos')], true);
    expect(summary(inputs)).toContain('photos/deep/x.png');
    expect(summary(inputs)).toHaveLength(5);
    const stems = inputs.map((input) => 'stem' in input && input.stem);
    expect(stems).toContain('x');
    expect(stems).toContain(path.join('deep', 'x'));
  });

  it('takes pipes and the standard input under its other names', async () => {
    execFileSync('mkfifo', [at('pipe')]);
    expect(summary(await expandInputs([at('pipe')]))).toEqual(['pipe']);
    expect(await isImageWord(at('pipe'))).toBe(true);
    expect(await expandInputs(['/dev/stdin'])).toMatchObject([{ stem: 'stdin' }]);
    const [input] = await expandInputs([at('pipe')]);
    const reading = readImage(input as Image);
    writeFileSync(at('pipe'), 'image');
    expect(String(await reading)).toBe('image');
  });

  it('keeps the letters of names in URLs', async () => {
    const inputs = await expandInputs(['https://example.org/%E7%8C%AB%20caf%C3%A9.jpg?x']);
    expect(inputs).toMatchObject([{ stem: '猫_20café' }]);
  });

  it('expands globs, and takes a named file whatever its extension', async () => {
    expect(summary(await expandInputs([at('photos/*.{png,webp}'), at('scan.bin')]))).toEqual([
      'photos/x.png',
      'photos/y.webp',
      'scan.bin',
    ]);
  });

  it('uses an image once that several words name', async () => {
    const words = [at('photos/x.png'), at('photos'), at('photos/../photos/x.png')];
    expect(summary(await expandInputs(words))).toEqual([
      'photos/x.png',
      'photos/9.JPEG',
      'photos/10.jpg',
      'photos/y.webp',
    ]);
  });

  it('keeps the position of words that name nothing', async () => {
    const words = [at('nope.jpg'), at('empty'), at('nope/*.jpg'), 'http://', at('photos/x.png')];
    expect(summary(await expandInputs(words))).toEqual([
      ...Array.from({ length: 4 }, () => 'FILE_NOT_FOUND'),
      'photos/x.png',
    ]);
  });

  it('understands URLs and the standard input', async () => {
    const inputs = await expandInputs([
      '-',
      'https://example.org/a/b%20c.jpg?size=3',
      'https://example.org/',
      'https://example.org/a/..%2f..%2fetc',
      pathToFileURL(at('photos/x.png')).href,
    ]);
    expect(inputs).toEqual([
      { file: '-', stem: 'stdin' },
      { file: 'https://example.org/a/b%20c.jpg?size=3', stem: 'b_20c' },
      { file: 'https://example.org/', stem: 'image' },
      {
        file: 'https://example.org/a/..%2f..%2fetc',
        stem: expect.stringMatching(/^[^./\\][^/\\]*$/),
      },
      { file: at('photos/x.png'), stem: 'x' },
    ]);
  });
});

describe('isImageWord', () => {
  it.each(['-', 'http://example.org', '*.jpg', at('scan.bin')])('accepts %s', async (word) => {
    expect(await isImageWord(word)).toBe(true);
  });

  it.each(['out', '512', at('photos')])('leaves %s to the option', async (word) => {
    expect(await isImageWord(word)).toBe(false);
  });
});
