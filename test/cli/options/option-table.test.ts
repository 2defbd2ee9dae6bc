import { Command } from 'commander';
import { describe, expect, expectTypeOf, it } from 'vitest';
import {
  addOptions,
  type FlagsOf,
  initially,
  off,
  on,
  optionalText,
  required,
  text,
  value,
} from '../../../src/cli/options/option-table.ts';
import {
  choice,
  classMap,
  count,
  duration,
  inputPhases,
  listOf,
  timeLimit,
} from '../../../src/cli/options/parsers.ts';

const TABLE = {
  'First:': {
    topK: value('<n>', count(9), 'best candidates', { short: 'k', default: '5' }),
    kind: value('<kind>', choice(['a', 'b']), 'kind', { aliases: ['sort'] }),
    map: value('<pairs>', classMap, 'renames'),
    sizes: value('<n>', listOf(count()), 'sizes'),
  },
  'Second:': {
    out: required(text('<dir>', 'folder')),
    how: initially('copy', text('<how>', 'images')),
    save: optionalText('[dir]', 'save'),
    quiet: on('no progress'),
    layers: off('no layers'),
  },
};
type Flags = FlagsOf<typeof TABLE>;

function command(): Command {
  const program = new Command().exitOverride().configureOutput({ writeErr: () => {} });
  return addOptions(program, TABLE);
}
const parse = (...args: string[]) => command().parse(args, { from: 'user' }).opts<Flags>();

describe('a table of options', () => {
  it('gives the flags their types', () => {
    expectTypeOf<Flags['topK']>().toEqualTypeOf<number | undefined>();
    expectTypeOf<Flags['kind']>().toEqualTypeOf<'a' | 'b' | undefined>();
    expectTypeOf<Flags['sizes']>().toEqualTypeOf<number[] | undefined>();
    expectTypeOf<Flags['out']>().toEqualTypeOf<string>();
    expectTypeOf<Flags['how']>().toEqualTypeOf<string>();
    expectTypeOf<Flags['save']>().toEqualTypeOf<string | true | undefined>();
    expectTypeOf<Flags['quiet']>().toEqualTypeOf<true | undefined>();
    expectTypeOf<Flags['layers']>().toEqualTypeOf<boolean>();
  });

  it('reads what is given and leaves the rest absent', () => {
    expect(parse('--out', 'x')).toEqual({ out: 'x', how: 'copy', layers: true });
    const words = ['-k', '3', '--kind', 'b', '--save', '--quiet', '--no-layers', '--how', 'none'];
    expect(parse('--out', 'x', ...words)).toEqual({
      ...{ out: 'x', topK: 3, kind: 'b', save: true, quiet: true, layers: false, how: 'none' },
    });
    expect(parse('--out', 'x', '--sizes', '1', '--sizes', '2').sizes).toEqual([1, 2]);
  });

  it('keeps older names working and does not show them', () => {
    expect(parse('--out', 'x', '--sort', 'a')).toMatchObject({ kind: 'a' });
    expect(() => parse('--out', 'x', '--sort', 'c')).toThrow('--sort must be one of a, b');
    expect(command().helpInformation()).not.toContain('sort');
  });

  it('shows choices and defaults in the help, by heading', () => {
    const help = command().helpInformation();
    expect(help).toContain('-k, --top-k <n>  best candidates (default: 5)');
    expect(help).toContain('--kind <kind>    kind: a or b\n');
    expect(help).toContain('--how <how>      images (default: copy)');
    expect(help.indexOf('First:')).toBeLessThan(help.indexOf('Second:'));
  });

  it('names the option in messages, and needs what is required', () => {
    expect(() => parse('--out', 'x', '--top-k', '10')).toThrow(
      '--top-k must be a whole number from 1 to 9, not "10"',
    );
    expect(() => parse()).toThrow("required option '--out <dir>' not specified");
  });
});

describe('parsers', () => {
  it.each([
    ['90', 90_000],
    ['1.5m', 90_000],
    ['500ms', 500],
    ['0', 0],
    ['1:30', 90_000],
    ['1:02:03.5', 3_723_500],
  ])('read the time %s', (text, expected) => {
    expect(duration(text, '--start')).toBe(expected);
  });

  it.each(['', '-1', '1:2:3:4', '5d', 'soon', '1e3'])('refuse the time "%s"', (text) => {
    expect(() => duration(text, '--start')).toThrow(/--start must be a time such as/);
  });

  it('refuse times that no timer can wait, and none where one is needed', () => {
    expect(() => duration('600h', '--grace')).toThrow(
      '--grace must be a time of 24 days at most such as 90, 90s, 500ms or 1:30, not "600h"',
    );
    expect(timeLimit('1ms', '--timeout')).toBe(1);
    for (const none of ['0', '0.4ms']) {
      expect(() => timeLimit(none, '--timeout')).toThrow(
        '--timeout must be a time above 0 such as',
      );
    }
  });

  it('read input sizes by phase', () => {
    expect(inputPhases('320', '--input-size')).toEqual([{ from: 0, sizes: [320] }]);
    expect(inputPhases('256@0,320+384@.25', '--input-size')).toEqual([
      { from: 0, sizes: [256] },
      { from: 0.25, sizes: [320, 384] },
    ]);
    expect(() => inputPhases('256x256', '--input-size')).toThrow(/256@0,320@0.25/);
  });

  it('join renamings', () => {
    const map = classMap('coco-to-voc', '--map', classMap('bike=bicycle', '--map'));
    expect(Object.fromEntries(map)).toMatchObject({ bike: 'bicycle', tv: 'tvmonitor' });
    expect(() => classMap('cat', '--map')).toThrow('cannot rename "cat"; write old=new');
  });
});
