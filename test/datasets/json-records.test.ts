import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  documentElements,
  JsonError,
  lineFinder,
  listElements,
  objectMembers,
} from '../../src/datasets/coco/json-records.ts';

/** The object read value by value: lists by element, the rest is skipped. */
function readLists(bytes: Buffer): [string, unknown[]][] {
  return [...objectMembers(bytes)].flatMap(([key, offset]): [string, unknown[]][] => {
    if (bytes[offset] !== 0x5b) return [];
    return [[key, [...listElements(bytes, offset)].map(({ value }) => value)]];
  });
}

describe('reading JSON element by element', () => {
  it('agrees with JSON.parse on every object, however it is spaced', () => {
    const object = fc.dictionary(fc.string(), fc.oneof(fc.array(fc.jsonValue()), fc.jsonValue()));
    fc.assert(
      fc.property(object, fc.constantFrom(undefined, 1, '\t', '\r\n'), (value, space) => {
        const json = JSON.stringify(value, null, space);
        const parsed = JSON.parse(json) as Record<string, unknown>;
        const lists = Object.entries(parsed).filter(([, item]) => Array.isArray(item));
        expect(new Map(readLists(Buffer.from(json)))).toEqual(new Map(lists as []));
      }),
    );
  });

  it('takes damaged files for errors, never for something else', () => {
    const json = Buffer.from('{"a": [{"b": [1, "x\\"]"]}, 2], "c": {"d": null}, "e": [[]]}');
    const damage = fc.record({ at: fc.nat(json.length - 1), byte: fc.nat(255), cut: fc.nat(60) });
    fc.assert(
      fc.property(damage, ({ at, byte, cut }) => {
        const bytes = Buffer.from(json.subarray(0, json.length - cut));
        if (at < bytes.length) bytes[at] = byte;
        try {
          readLists(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(JsonError);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('reads a file that is one list', () => {
    const read = (json: string) =>
      [...documentElements(Buffer.from(json))].map(({ value }) => value);
    expect(read(' [1, {"a": []}] ')).toEqual([1, { a: [] }]);
    expect(read('[]')).toEqual([]);
    expect(() => read('[1] 2')).toThrow('there is text behind the JSON list');
    expect(() => read('[1 2]')).toThrow('"," is missing');
  });

  it('tells lines forwards and backwards', () => {
    const lineAt = lineFinder(Buffer.from('a\nbc\n\nd'));
    expect([0, 1, 2, 4, 5, 6, 0, 6, 3].map(lineAt)).toEqual([1, 1, 2, 2, 3, 4, 1, 4, 2]);
  });
});
