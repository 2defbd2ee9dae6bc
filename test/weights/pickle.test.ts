import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RefineDetError } from '../../src/errors.ts';
import { ByteReader } from '../../src/weights/byte-reader.ts';
import { type PickleEnvironment, unpickle } from '../../src/weights/pickle.ts';
import { torchEnvironment } from '../../src/weights/torch-objects.ts';
import {
  bytes,
  dict,
  global,
  integer,
  NONE,
  pickle,
  tuple,
  u32,
  u64,
  unicode,
} from './pickle-writer.ts';

const EMPTY: PickleEnvironment = { globals: new Map(), persistentLoad: (id) => ({ id }) };
const TORCH = torchEnvironment((_key, dtype, count) => ({ dtype, count }));

const load = (data: Uint8Array, environment = EMPTY) =>
  unpickle(new ByteReader(data, 'the pickle'), environment);

function codeOf(data: Uint8Array, environment = TORCH): string {
  try {
    load(data, environment);
    return 'none';
  } catch (error) {
    return (error as RefineDetError).code ?? String(error);
  }
}

describe('plain data', () => {
  it('reads constants, numbers, text and bytes', () => {
    const items = bytes(
      [0x4e, 0x88, 0x89],
      integer(-5),
      'K',
      200,
      'M',
      [1, 2],
      [0x8a, 0], // LONG1 of no bytes: 0
      [0x8a, 2, 0x00, 0x80], // -32768
      [0x8b, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], // 2^64
      'G',
      [0x3f, 0xf8, 0, 0, 0, 0, 0, 0], // 1.5
      unicode('é'),
      [0x8c, 1],
      'a',
      0x8d,
      u64(1),
      'b',
      'U',
      [1, 0xe9],
      'T',
      u32(1),
      'c',
      'C',
      [1, 7],
      'B',
      u32(1),
      8,
      0x8e,
      u64(1),
      9,
    );
    expect(load(pickle('](', items, 'e'))).toEqual([
      null,
      true,
      false,
      -5,
      200,
      513,
      0,
      -32768,
      2n ** 64n,
      1.5,
      'é',
      'a',
      'b',
      'é',
      'c',
      Uint8Array.of(7),
      Uint8Array.of(8),
      Uint8Array.of(9),
    ]);
  });

  it('reads lists, tuples and dicts', () => {
    expect(load(pickle(dict(['a', tuple(integer(1), integer(2))], ['b', NONE])))).toEqual(
      new Map<string, unknown>([
        ['a', [1, 2]],
        ['b', null],
      ]),
    );
    expect(load(pickle(integer(1), integer(2), integer(3), [0x87, 0x85]))).toEqual([[1, 2, 3]]);
    expect(load(pickle(']', integer(1), 'a', '(', integer(2), integer(3), 'la'))).toEqual([
      1,
      [2, 3],
    ]);
    expect(load(pickle('}', unicode('k'), integer(4), 's'))).toEqual(new Map([['k', 4]]));
    expect(load(pickle('(', unicode('k'), integer(4), 'd'))).toEqual(new Map([['k', 4]]));
  });

  it('shares what the memo recalls', () => {
    const [first, second] = load(pickle('(]q', 3, 'h', 3, 't')) as [unknown, unknown];
    expect(first).toBe(second);
    expect(load(pickle('(]r', u32(70_000), 'j', u32(70_000), 't'))).toEqual([[], []]);
    expect(load(bytes(0x80, 4, '(]', 0x94, 'h', 0, 't.'))).toEqual([[], []]);
  });

  it('hands persistent ids to the environment', () => {
    expect(load(pickle(unicode('x'), 'Q'))).toEqual({ id: 'x' });
  });

  it('reads a value that contains itself', () => {
    const list = load(pickle(']q', 0, 'h', 0, 'a')) as unknown[];
    expect(list[0]).toBe(list);
  });

  it('reads a hundred thousand nested lists', () => {
    let value = load(pickle(']'.repeat(100_000), 'a'.repeat(99_999))) as unknown[];
    let depth = 1;
    for (; value.length === 1; depth++) value = value[0] as unknown[];
    expect(depth).toBe(100_000);
  });
});

describe('references', () => {
  const attacks: [string, Uint8Array][] = [
    ['os.system', pickle(global('os', 'system'), '(', unicode('true'), 'tR')],
    ['posix.system', pickle(global('posix', 'system'))],
    ['builtins.eval', bytes(0x80, 4, unicode('builtins'), unicode('eval'), [0x93], '.')],
    ['builtins.getattr', pickle(global('builtins', 'getattr'))],
    ['numpy.core.multiarray._reconstruct', pickle(global('numpy.core.multiarray', '_reconstruct'))],
    ['torch.load', pickle(global('torch', 'load'))],
    ['torch._utils.sys.modules', pickle(global('torch._utils', 'sys.modules'))],
    ['collections.abc.OrderedDict', pickle(global('collections.abc', 'OrderedDict'))],
    ['__builtin__.__import__', pickle(global('__builtin__', '__import__'))],
    ['constructor.prototype', pickle(global('constructor', 'prototype'))],
  ];

  it.each(attacks)('refuses %s and names it', (name, data) => {
    expect(() => load(data, TORCH)).toThrowError(
      expect.objectContaining({
        code: 'PICKLE_FORBIDDEN',
        message: expect.stringContaining(`refers to ${name},`),
      }),
    );
  });

  it('keeps long or unprintable names out of the message', () => {
    const name = `\u001b[31m${'x'.repeat(1000)}`;
    expect(() => load(pickle(global(name, 'y')))).toThrowError(
      expect.objectContaining({ message: expect.not.stringContaining('\u001b') }),
    );
    try {
      load(pickle(global(name, 'y')));
    } catch (error) {
      expect((error as Error).message.length).toBeLessThan(200);
    }
  });

  it('calls nothing but functions of the allow list', () => {
    expect(codeOf(pickle(unicode('f'), ')R'))).toBe('MODEL_CORRUPT');
    expect(codeOf(pickle(global('torch', 'FloatStorage'), ')R'))).toBe('MODEL_CORRUPT');
    expect(codeOf(pickle(global('collections', 'OrderedDict'), 'NR'))).toBe('MODEL_CORRUPT');
  });

  it('accepts an OrderedDict with items and with attributes', () => {
    const pair = bytes('](', unicode('k'), integer(1), 'e');
    const filled = bytes(global('collections', 'OrderedDict'), tuple(bytes(']', pair, 'a')), 'R');
    expect(load(pickle(filled, dict(['_metadata', NONE]), 'b'), TORCH)).toEqual(
      new Map([['k', 1]]),
    );
  });
});

describe('damaged pickles', () => {
  it.each([
    ['an empty stack', pickle()],
    ['a recalled memo that was never set', pickle('h', 1)],
    ['a tuple without a mark', pickle('t')],
    ['an append to something else than a list', pickle('NNa')],
    ['items without a dict', pickle('NNNs')],
    ['a key without a value', pickle('}(Nu')],
    ['attributes of a number', pickle(integer(1), '}b')],
    ['an unknown opcode', pickle(0xff)],
    ['a text opcode of protocol 0', pickle("S'x'\n")],
    ['text longer than the file', pickle('X', u32(0xffffffff))],
    ['bytes of 2^60', pickle(0x8e, u64(2n ** 60n))],
    ['an integer of 2^31 bytes', pickle(0x8b, u32(0x7fffffff))],
    ['an integer of 200 bytes', pickle(0x8a, 200, new Uint8Array(200))],
    ['a name without an end', pickle('cos')],
  ])('are refused: %s', (_what, data) => {
    expect(codeOf(data)).toBe('MODEL_CORRUPT');
  });

  it('are refused when they never stop', () => {
    const tooMany = /^the pickle has more than 1000000 operations$/;
    expect(() => load(new Uint8Array(1_000_001).fill(0x5d))).toThrow(tooMany);
    // A list of 10,000 pairs, made into a dict again and again.
    const pairs = bytes(
      '](',
      unicode('k'),
      unicode('v'),
      [0x86, 0x71, 1],
      'h\x01'.repeat(9999),
      'e',
    );
    const again = bytes('h\x02h\x03', [0x85], 'R0');
    const start = [pairs, bytes([0x71, 3]), global('collections', 'OrderedDict'), [0x71, 2]];
    const data = pickle(...start, ...Array(10_000).fill(again), 'N');
    expect(() => load(data, TORCH)).toThrow(tooMany);
  });

  it('never fail in another way', () => {
    const opcodes = [...'N(]}tseaulhqQRbX.J', '\x85', '\x86', '\x89'].map((c) => c.charCodeAt(0));
    const byte = fc.oneof(fc.constantFrom(...opcodes), fc.integer({ min: 0, max: 255 }));
    fc.assert(
      fc.property(fc.array(byte, { maxLength: 60 }), (data) => {
        expect(['none', 'MODEL_CORRUPT', 'PICKLE_FORBIDDEN']).toContain(
          codeOf(Uint8Array.from(data)),
        );
      }),
      { numRuns: 2000 },
    );
  });
});
