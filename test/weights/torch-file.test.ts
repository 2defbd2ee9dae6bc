import { readFileSync } from 'node:fs';
import { zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import type { RefineDetError } from '../../src/errors.ts';
import { readTorchFile } from '../../src/weights/torch-file.ts';
import {
  bytes,
  call,
  dict,
  global,
  integer,
  legacyFile,
  NONE,
  pickle,
  storage,
  tensor,
  tuple,
  u64,
  unicode,
} from './pickle-writer.ts';

const fixture = (name: string) =>
  new Uint8Array(readFileSync(new URL(`../fixtures/weights/${name}`, import.meta.url)));
const expected: Record<string, { shape: number[]; values: number[] }> = JSON.parse(
  new TextDecoder().decode(fixture('expected.json')),
);

function codeOf(data: Uint8Array): string {
  try {
    for (const source of readTorchFile(data).values()) source.read();
    return 'none';
  } catch (error) {
    return (error as RefineDetError).code ?? String(error);
  }
}

/** A zip-format file around a pickle. */
function zipFile(root: Uint8Array, entries: Record<string, Uint8Array> = {}, level: 0 | 9 = 0) {
  return zipSync({ 'x/data.pkl': pickle(root), 'x/version': bytes('3\n'), ...entries }, { level });
}

const ONES = new Uint8Array(Float32Array.of(1, 1, 1, 1).buffer);

describe('files of torch.save', () => {
  it.each(['zip-2', 'zip-4', 'zip-5', 'legacy-2', 'legacy-4', 'legacy-5'])(
    'give the tensors that torch wrote: %s',
    (name) => {
      const tensors = readTorchFile(fixture(`${name}.pth`));
      expect([...tensors.keys()]).toEqual(Object.keys(expected));
      for (const [key, source] of tensors) {
        expect({ shape: source.shape, values: [...source.read()] }).toEqual(expected[key]);
      }
    },
  );

  const one = (name: string): [string, Uint8Array] => [
    name,
    tensor(storage('0', 4), 0, [2, 2], [2, 1]),
  ];
  const wrapped = (root: Uint8Array) => [
    ...readTorchFile(zipFile(root, { 'x/data/0': ONES })).keys(),
  ];

  it.each(['state_dict', 'model', 'net', 'ema', 'weights', 'model_state', 'model_state_dict'])(
    'may keep the state_dict under "%s", beside another tensor',
    (key) => {
      const inner = dict(one('a.weight'), one('b.weight'));
      expect(wrapped(dict([key, inner], one('loss')))).toEqual(['a.weight', 'b.weight']);
      const deeper = dict(['model', dict([key, inner])]);
      expect(wrapped(deeper)).toEqual(['a.weight', 'b.weight']);
    },
  );

  it.each(['module.', 'model.', '_orig_mod.', '_orig_mod.module.', 'module.model.'])(
    'lose the prefix "%s" where every name has it',
    (prefix) => {
      expect(wrapped(dict(one(`${prefix}a`), one(`${prefix}b`)))).toEqual(['a', 'b']);
      expect(wrapped(dict(one(`${prefix}a`), one('b')))).toEqual([`${prefix}a`, 'b']);
    },
  );

  it('name their keys when there is no state_dict', () => {
    const root = dict(['epoch', integer(3)], ['optimizer', dict()]);
    expect(() => readTorchFile(zipFile(root))).toThrow('its keys are "epoch", "optimizer"');
  });

  it('may nest the state_dict and prefix its names with "module."', () => {
    const tensors = readTorchFile(fixture('checkpoint.pth'));
    expect([...tensors.keys()]).toEqual(['0.weight', '0.bias']);
    expect([...tensors.get('0.bias')!.read()]).toEqual([-1.25, -1, -0.75]);
  });

  it('are refused when they hold a whole module', () => {
    expect(() => readTorchFile(fixture('whole-module.pth'))).toThrowError(
      expect.objectContaining({
        code: 'PICKLE_FORBIDDEN',
        message: expect.stringContaining('torch.nn.modules.activation.ReLU'),
      }),
    );
  });

  it.each(['zip-2.pth', 'legacy-2.pth'])('are refused when cut anywhere: %s', (name) => {
    const data = fixture(name);
    expect(codeOf(data.subarray(0, 0))).toBe('MODEL_EMPTY');
    for (let length = 1; length < data.length; length++) {
      const code = codeOf(data.subarray(0, length));
      expect(['MODEL_CORRUPT', 'MODEL_FORMAT'], `${length} bytes: ${code}`).toContain(code);
    }
  });

  it.each(['zip-2.pth', 'legacy-2.pth'])('fail cleanly when any byte is damaged: %s', (name) => {
    const data = fixture(name);
    const known = ['none', 'MODEL_CORRUPT', 'MODEL_FORMAT', 'PICKLE_FORBIDDEN'];
    for (let at = 0; at < data.length; at++) {
      const damaged = data.slice();
      damaged[at] ^= 0xff;
      expect(known).toContain(codeOf(damaged));
    }
  });
});

describe('the legacy format', () => {
  const values = [1, 2, 3, 4, 5, 6];

  it('shares storages and honors offsets and strides', () => {
    const root = dict(
      ['rows', tensor(storage('7', 6), 0, [2, 3], [3, 1])],
      ['columns', tensor(storage('7', 6), 0, [3, 2], [1, 3])],
      ['tail', tensor(storage('7', 6), 4, [2], [1])],
    );
    const tensors = readTorchFile(legacyFile(root, { 7: values }));
    expect([...tensors.get('rows')!.read()]).toEqual(values);
    expect([...tensors.get('columns')!.read()]).toEqual([1, 4, 2, 5, 3, 6]);
    expect([...tensors.get('tail')!.read()]).toEqual([5, 6]);
  });

  it('reads views of storages, as torch 0.x wrote them', () => {
    const view = tuple(unicode('8'), integer(2), integer(3));
    const root = dict(['a', tensor(storage('7', 6, view), 1, [2], [1])]);
    expect([
      ...readTorchFile(legacyFile(root, { 7: values }))
        .get('a')!
        .read(),
    ]).toEqual([4, 5]);
  });

  it('reads tensors of torch 0.3 and of CUDA devices', () => {
    const type = global('torch.cuda', 'FloatStorage');
    const id = tuple(unicode('storage'), type, unicode('7'), unicode('cuda:0'), integer(6), NONE);
    const cuda = bytes(id, 'Q');
    const rebuilt = call(
      global('torch._utils', '_rebuild_tensor'),
      cuda,
      integer(0),
      tuple(integer(6)),
      tuple(integer(1)),
    );
    const tensors = readTorchFile(legacyFile(dict(['a', rebuilt]), { 7: values }));
    expect([...tensors.get('a')!.read()]).toEqual(values);
  });

  it.each<[string, Uint8Array, Record<string, number[]>]>([
    ['a tensor beyond its storage', tensor(storage('7', 6), 3, [4], [1]), { 7: values }],
    ['strides beyond the storage', tensor(storage('7', 6), 0, [2, 2], [5, 2]), { 7: values }],
    ['an expanded tensor', tensor(storage('7', 6), 0, [1 << 30], [0]), { 7: values }],
    ['a negative size', tensor(storage('7', 6), 0, [-1], [1]), { 7: values }],
    ['a negative offset', tensor(storage('7', 6), -1, [1], [1]), { 7: values }],
    ['too few strides', tensor(storage('7', 6), 0, [2, 3], [1]), { 7: values }],
    [
      'nine dimensions',
      tensor(storage('7', 6), 0, Array(9).fill(1), Array(9).fill(1)),
      { 7: values },
    ],
    ['a storage of another size', tensor(storage('7', 5), 0, [1], [1]), { 7: values }],
    ['a missing storage', tensor(storage('7', 6), 0, [1], [1]), {}],
    ['an unknown storage', tensor(storage('7', 6), 0, [1], [1]), { 7: values, 8: [] }],
    ['a tensor without storage', tensor(NONE, 0, [1], [1]), {}],
    ['a persistent id that is not a storage', bytes(unicode('module'), 'Q'), {}],
  ])('refuses %s', (_what, value, storages) => {
    expect(codeOf(legacyFile(dict(['a', value]), storages))).toBe('MODEL_CORRUPT');
  });

  it('refuses pickles that torch did not write', () => {
    expect(codeOf(pickle(integer(3)))).toBe('MODEL_FORMAT');
    expect(codeOf(pickle(global('os', 'system'), '(', unicode('true'), 'tR'))).toBe(
      'PICKLE_FORBIDDEN',
    );
  });

  it('refuses a file without tensors', () => {
    expect(codeOf(legacyFile(dict(['epoch', integer(1)]), {}))).toBe('MODEL_FORMAT');
    expect(codeOf(legacyFile(NONE, {}))).toBe('MODEL_FORMAT');
  });
});

describe('the zip format', () => {
  const root = dict(['a', tensor(storage('0', 4), 0, [4], [1])]);

  it('reads what another zip writer stores', () => {
    const tensors = readTorchFile(zipFile(root, { 'x/data/0': ONES }));
    expect([...tensors.get('a')!.read()]).toEqual([1, 1, 1, 1]);
  });

  it('refuses compressed entries, so nothing can inflate', () => {
    const bomb = zipFile(root, { 'x/data/0': new Uint8Array(1_000_000) }, 9);
    expect(bomb.length).toBeLessThan(3000);
    expect(codeOf(bomb)).toBe('MODEL_FORMAT');
  });

  it('refuses a missing or wrong storage', () => {
    expect(codeOf(zipFile(root))).toBe('MODEL_CORRUPT');
    expect(codeOf(zipFile(root, { 'x/data/0': ONES.subarray(4) }))).toBe('MODEL_CORRUPT');
  });

  it('refuses archives that are not a checkpoint', () => {
    expect(codeOf(zipSync({ 'a.txt': bytes('a') }))).toBe('MODEL_FORMAT');
    expect(codeOf(zipSync({ 'a.txt': bytes('a') }, { level: 0 }))).toBe('MODEL_FORMAT');
  });

  it('refuses big-endian tensors', () => {
    const entries = { 'x/data/0': ONES, 'x/byteorder': bytes('big') };
    expect(codeOf(zipFile(root, entries))).toBe('MODEL_FORMAT');
    expect(codeOf(zipFile(root, { ...entries, 'x/byteorder': bytes('little') }))).toBe('none');
  });

  it('refuses a name that occurs twice', () => {
    const archive = zipFile(root, { 'x/data/0': ONES, 'x/data/1': ONES });
    const name = bytes('x/data/1');
    for (let at = 0; at + name.length <= archive.length; at++) {
      if (name.every((byte, i) => archive[at + i] === byte)) archive[at + 7] = '0'.charCodeAt(0);
    }
    expect(codeOf(archive)).toBe('MODEL_CORRUPT');
  });

  it('refuses a directory that announces 2^52 entries', () => {
    const end64 = bytes('PK', 6, 6, new Uint8Array(28), u64(2n ** 52n), new Uint8Array(8), u64(0));
    const locator = bytes('PK', 6, 7, new Uint8Array(4), u64(4), new Uint8Array(4));
    const end = bytes('PK', 5, 6, new Uint8Array(18));
    expect(codeOf(bytes('PK', 3, 4, end64, locator, end))).toBe('MODEL_CORRUPT');
  });
});
