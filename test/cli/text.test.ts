import { CommanderError } from 'commander';
import { afterAll, describe, expect, it } from 'vitest';
import { errorLine, exitCodeOf } from '../../src/cli/describe-error.ts';
import { classList } from '../../src/cli/options/class-list.ts';
import { writeWhole } from '../../src/cli/output-files.ts';
import { OutputNames } from '../../src/cli/output-names.ts';
import { counted, metric, printable } from '../../src/cli/printable.ts';
import { wantsColor } from '../../src/cli/terminal.ts';
import { RefineDetError } from '../../src/errors.ts';
import { COCO_CLASSES, VOC_CLASSES } from '../../src/labels.ts';
import { temporaryFolder } from './helpers.ts';

const { at, remove } = temporaryFolder();
afterAll(remove);

describe('text for people', () => {
  it('keeps foreign text on one line and shows its control characters', () => {
    expect(printable('Zoë 猫\r\n  two\t\x1b[31m\x9b')).toBe('Zoë 猫 two\\x09\\x1b[31m\\x9b');
  });

  it('counts in words', () => {
    expect([counted(1, 'class', 'classes'), counted(1234, 'class', 'classes')]).toEqual([
      '1 class',
      '1,234 classes',
    ]);
  });

  it.each([
    [34_440_884, '34.4 M'],
    [37_772_921_600, '37.8 G'],
    [76_000_000, '76 M'],
    [999, '999'],
    [1000, '1 k'],
  ])('shortens %d to %s', (n, text) => {
    expect(metric(n)).toBe(text);
  });
});

describe('errors', () => {
  it.each([
    [new RefineDetError('IMAGE_EMPTY', 'no\nbytes'), 'no bytes [IMAGE_EMPTY]', 1],
    [new RefineDetError('UNKNOWN_PRESET', 'unknown'), 'unknown [UNKNOWN_PRESET]', 2],
    [new TypeError('x is not a function'), 'unexpected error: x is not a function [UNEXPECTED]', 1],
    ['a string', 'unexpected error: a string [UNEXPECTED]', 1],
    [
      new CommanderError(
        1,
        'commander.unknownOption',
        "error: unknown option '-x'\n(Did you mean -y?)",
      ),
      "unknown option '-x' (did you mean -y?) [USAGE]",
      2,
    ],
  ])('become one line and an exit code: %s', (error, line, code) => {
    expect(errorLine(error)).toBe(`refinedet: ${line}`);
    expect(exitCodeOf(error)).toBe(code);
  });
});

describe('wantsColor', () => {
  it.each([
    [true, {}, true],
    [false, {}, false],
    [true, { TERM: 'dumb' }, false],
    [true, { NO_COLOR: '1' }, false],
    [true, { NO_COLOR: '' }, true],
    [false, { FORCE_COLOR: '1' }, true],
    [true, { FORCE_COLOR: '0' }, false],
    [true, { FORCE_COLOR: '1', NO_COLOR: '1' }, false],
    [false, { CI: 'true' }, false],
  ])('terminal %s with %j: %s', (isTTY, env, expected) => {
    expect(wantsColor({ isTTY }, env)).toBe(expected);
  });
});

describe('OutputNames', () => {
  it('gives distinct names, in any case of letters, never that of an input', () => {
    const names = new OutputNames([at('cat.txt')]);
    const claimed = ['cat', 'CAT', 'dog', 'Dog'].map((stem) => names.claim(at(), stem, '.txt'));
    expect(claimed).toEqual([at('cat-2.txt'), at('CAT-3.txt'), at('dog.txt'), at('Dog-2.txt')]);
  });
});

describe('classList', () => {
  it('knows the common lists, reads files and splits names', async () => {
    expect(await classList('voc')).toBe(VOC_CLASSES);
    expect(await classList('coco')).toBe(COCO_CLASSES);
    expect(await classList('cat, traffic light')).toEqual(['cat', 'traffic light']);
    await writeWhole(at('names.txt'), '\uFEFFant\r\n\n bee \n');
    expect(await classList(`@${at('names.txt')}`)).toEqual(['ant', 'bee']);
  });

  it('refuses a file without names', async () => {
    await writeWhole(at('none.txt'), '\n\n');
    await expect(classList(`@${at('none.txt')}`)).rejects.toMatchObject({ code: 'USAGE' });
    await expect(classList(`@${at('gone.txt')}`)).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
  });
});
