import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RefineDetError } from '../../src/errors.ts';
import { toFloat32 } from '../../src/weights/dtype.ts';
import {
  readSafetensors,
  type TensorWriter,
  writeSafetensors,
} from '../../src/weights/safetensors.ts';
import { bytes, u64 } from './pickle-writer.ts';

const floats = (shape: number[], values: number[]): TensorWriter => ({
  dtype: 'F32',
  shape,
  write: (target) => new Float32Array(target.buffer, target.byteOffset, values.length).set(values),
});

/** A file with any header. */
function file(header: unknown, dataLength: number): Uint8Array {
  const json = typeof header === 'string' ? header : JSON.stringify(header);
  const encoded = new TextEncoder().encode(json);
  return bytes(u64(encoded.length), encoded, new Uint8Array(dataLength));
}

function codeOf(data: Uint8Array): string {
  try {
    readSafetensors(data);
    return 'none';
  } catch (error) {
    return (error as RefineDetError).code ?? String(error);
  }
}

describe('round trip', () => {
  it('returns every tensor and the metadata', () => {
    const tensor = fc.record({
      shape: fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 }),
      narrow: fc.boolean(),
    });
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), tensor),
        fc.dictionary(fc.string(), fc.string()),
        (description, metadata) => {
          const writers = new Map<string, TensorWriter>();
          const expected = new Map<string, number[]>();
          for (const [name, { shape, narrow }] of Object.entries(description)) {
            if (name === '__metadata__') continue;
            const count = shape.reduce((a, b) => a * b, 1);
            const values = Array.from({ length: count }, (_, i) => (i % 100) - 50);
            expected.set(name, values);
            const write = (target: Uint8Array) => target.set(Int8Array.from(values));
            writers.set(name, narrow ? { dtype: 'I8', shape, write } : floats(shape, values));
          }
          const { tensors, metadata: read } = readSafetensors(writeSafetensors(writers, metadata));
          expect(Object.fromEntries(read)).toEqual(Object.fromEntries(Object.entries(metadata)));
          expect([...tensors.keys()].sort()).toEqual([...expected.keys()].sort());
          for (const [name, { dtype, shape, bytes: data }] of tensors) {
            expect(shape).toEqual(writers.get(name)?.shape);
            expect([...toFloat32(data, dtype)]).toEqual(expected.get(name));
          }
        },
      ),
    );
  });

  it('aligns the data to 8 bytes and every tensor to its elements', () => {
    const odd: TensorWriter = { dtype: 'I8', shape: [3], write: (target) => target.fill(1) };
    const encoded = writeSafetensors(
      new Map([
        ['odd', odd],
        ['wide', floats([2], [1, 2])],
      ]),
      {},
    );
    const { tensors, data } = readSafetensors(encoded);
    expect(data.byteOffset % 8).toBe(0);
    expect(tensors.get('wide')?.bytes.byteOffset).toBe(data.byteOffset);
    expect([...toFloat32(tensors.get('wide')!.bytes, 'F32')]).toEqual([1, 2]);
  });

  it('reads a file at any offset of a larger buffer', () => {
    const encoded = writeSafetensors(new Map([['a', floats([2], [1.5, -2])]]), {});
    for (let shift = 0; shift < 5; shift++) {
      const { tensors } = readSafetensors(bytes(new Uint8Array(shift), encoded).subarray(shift));
      expect([...toFloat32(tensors.get('a')!.bytes, 'F32')]).toEqual([1.5, -2]);
    }
  });

  it('decodes all the element types', () => {
    expect([...toFloat32(new Uint8Array(new BigInt64Array([-2n, 3n]).buffer), 'I64')]).toEqual([
      -2, 3,
    ]);
    expect([...toFloat32(new Uint8Array(new BigUint64Array([7n]).buffer), 'U64')]).toEqual([7]);
    expect([...toFloat32(new Uint8Array(Uint32Array.of(2 ** 31).buffer), 'U32')]).toEqual([
      2 ** 31,
    ]);
    expect([...toFloat32(new Uint8Array(Uint16Array.of(65535).buffer), 'U16')]).toEqual([65535]);
  });
});

describe('hostile files', () => {
  const tensor = (begin: number, end: number, shape = [end - begin]) => ({
    dtype: 'U8',
    shape,
    data_offsets: [begin, end],
  });

  it('are refused when cut anywhere', () => {
    const encoded = writeSafetensors(
      new Map([
        ['a', floats([2, 2], [1, 2, 3, 4])],
        ['b', floats([1], [5])],
      ]),
      { note: 'x' },
    );
    expect(codeOf(encoded)).toBe('none');
    expect(codeOf(encoded.subarray(0, 0))).toBe('MODEL_EMPTY');
    for (let length = 1; length < encoded.length; length++) {
      const expected = length < 9 ? 'MODEL_FORMAT' : 'MODEL_CORRUPT';
      expect(`${length} ${codeOf(encoded.subarray(0, length))}`).toBe(`${length} ${expected}`);
    }
    expect(codeOf(bytes(encoded, 0))).toBe('MODEL_CORRUPT');
  });

  it.each([
    ['a header of 2^63 bytes', bytes(u64(2n ** 63n), '{}')],
    ['a header of 2^53 bytes', bytes(u64(2n ** 53n), '{}')],
    ['a header longer than the file', bytes(u64(3), '{}')],
    ['no JSON', file('{a}', 0)],
    ['text that is not UTF-8', bytes(u64(4), '{"', 0xff, '}')],
    ['a tensor without description', file({ a: 1 }, 0)],
    ['a tensor that is an array', file({ a: [] }, 0)],
    ['overlapping tensors', file({ a: tensor(0, 4), b: tensor(2, 6) }, 6)],
    ['the same bytes twice', file({ a: tensor(0, 4), b: tensor(0, 4) }, 4)],
    ['a gap', file({ a: tensor(0, 2), b: tensor(4, 6) }, 6)],
    ['trailing bytes', file({ a: tensor(0, 2) }, 3)],
    ['a negative offset', file({ a: tensor(-2, 2) }, 2)],
    ['a reversed range', file({ a: tensor(4, 2, [0]) }, 4)],
    ['offsets of 2^60', file({ a: tensor(2 ** 60, 2 ** 60 + 1024) }, 4)],
    ['a fractional offset', file({ a: tensor(0.5, 2.5) }, 3)],
    ['one offset', file({ a: { dtype: 'U8', shape: [], data_offsets: [0] } }, 0)],
    ['a shape that overflows', file({ a: tensor(0, 4, [2 ** 40, 2 ** 40]) }, 4)],
    ['a shape that overflows to zero', file({ a: tensor(0, 0, [2 ** 64]) }, 0)],
    ['a negative size', file({ a: tensor(0, 4, [-2, -2]) }, 4)],
    ['a size that is text', file('{"a":{"dtype":"U8","shape":["4"],"data_offsets":[0,4]}}', 4)],
    ['fewer bytes than the shape needs', file({ a: tensor(0, 4, [5]) }, 4)],
    [
      'a name given twice',
      file(
        '{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"a":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}',
        4,
      ),
    ],
    ['metadata that is not text', file({ __metadata__: { a: 1 } }, 0)],
    ['metadata that is a list', file({ __metadata__: [] }, 0)],
  ])('are refused: %s', (_what, data) => {
    expect(codeOf(data)).toBe('MODEL_CORRUPT');
  });

  it('name an element type they do not know', () => {
    const data = file({ a: { dtype: 'F8_E4M3', shape: [1], data_offsets: [0, 1] } }, 1);
    expect(() => readSafetensors(data)).toThrowError(
      expect.objectContaining({
        code: 'MODEL_FORMAT',
        message: 'tensor "a" has the unsupported dtype "F8_E4M3"',
      }),
    );
  });

  it('may use names that JavaScript objects have anyway', () => {
    const { tensors } = readSafetensors(
      file('{"__proto__":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}', 1),
    );
    expect([...tensors.keys()]).toEqual(['__proto__']);
  });

  it('are never read as something else', () => {
    for (const data of ['', '{}', '<!doctype html>', '\u0089PNG\r\n\u001a\n', 'PK\u0003\u0004'].map(
      (s) => new TextEncoder().encode(s),
    )) {
      expect(['MODEL_EMPTY', 'MODEL_FORMAT']).toContain(codeOf(data));
    }
  });
});

const PRETRAINED = new URL(
  '../../../shared/pretrained/ssd-mobilenetv2-oid4.safetensors',
  import.meta.url,
);

it.skipIf(!existsSync(PRETRAINED))('reads a file of the reference implementation', () => {
  const { tensors, metadata } = readSafetensors(readFileSync(PRETRAINED));
  expect(metadata.get('layout')).toBe('HWIO; depthwise HWC1');
  expect(tensors.get('stem.weight')).toMatchObject({ dtype: 'F16', shape: [3, 3, 3, 32] });
  expect(toFloat32(tensors.get('stem.weight')!.bytes, 'F16').every(Number.isFinite)).toBe(true);
});
