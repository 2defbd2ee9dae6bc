import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RefineDetError } from '../../src/errors.ts';
import { readCaffeFile } from '../../src/weights/caffe-file.ts';
import {
  blob,
  bytesField,
  layerV1,
  layerV2,
  legacyBlob,
  net,
  numberField,
  varint,
} from './caffe-writer.ts';
import { bytes } from './pickle-writer.ts';

const read = (data: Uint8Array) =>
  Object.fromEntries(
    [...readCaffeFile(data)].map(([name, tensor]) => [
      name,
      { shape: tensor.shape, values: [...tensor.read()] },
    ]),
  );

function codeOf(data: Uint8Array): string {
  try {
    read(data);
    return 'none';
  } catch (error) {
    return (error as RefineDetError).code ?? String(error);
  }
}

describe('caffemodel files', () => {
  it('give the blobs of V2 layers', () => {
    const data = net(
      layerV2('data'),
      layerV2('conv', blob([2, 1, 1, 2], [1, 2, 3, 4]), blob([2], [0.5, -0.5])),
      layerV2('norm', blob([3], [1.25, 2.5, 3], true)),
    );
    expect(read(data)).toEqual({
      'conv.0': { shape: [2, 1, 1, 2], values: [1, 2, 3, 4] },
      'conv.1': { shape: [2], values: [0.5, -0.5] },
      'norm.0': { shape: [3], values: [1.25, 2.5, 3] },
    });
  });

  it('give the blobs of V1 layers with four-dimensional shapes', () => {
    const weights = legacyBlob([2, 1, 1, 2], [1, 2, 3, 4]);
    expect(read(net(layerV1('conv', weights, legacyBlob([1, 1, 1, 2], [5, 6]))))).toEqual({
      'conv.0': { shape: [2, 1, 1, 2], values: [1, 2, 3, 4] },
      'conv.1': { shape: [1, 1, 1, 2], values: [5, 6] },
    });
  });

  it('may write the dimensions one by one and begin without a name', () => {
    const shape = bytesField(7, bytes(numberField(1, 1), numberField(1, 2)));
    const floats = bytesField(5, new Uint8Array(Float32Array.of(7, 8).buffer));
    expect(read(layerV2('a', bytes(shape, floats)))).toEqual({
      'a.0': { shape: [1, 2], values: [7, 8] },
    });
  });

  it('return what was written, at any position of the bytes', () => {
    const value = fc.float({ noNaN: true });
    fc.assert(
      fc.property(fc.string(), fc.array(value, { minLength: 1 }), (name, values) => {
        expect(read(net(layerV2(name, blob([values.length], values))))).toEqual({
          [`${name}.0`]: { shape: [values.length], values },
        });
      }),
    );
  });
});

describe('damaged caffemodel files', () => {
  const good = layerV2('a', blob([2], [1, 2]));

  it('are refused when cut anywhere', () => {
    const data = net(good);
    expect(codeOf(data.subarray(0, 0))).toBe('MODEL_EMPTY');
    for (let length = 1; length < data.length; length++) {
      const code = codeOf(data.subarray(0, length));
      expect(['MODEL_CORRUPT', 'MODEL_FORMAT'], `${length} bytes: ${code}`).toContain(code);
    }
  });

  const floats = new Uint8Array(8);
  it.each([
    ['more elements than bytes', layerV2('a', blob([3], [1, 2]))],
    ['fewer elements than bytes', layerV2('a', blob([1], [1, 2]))],
    ['a shape that overflows', layerV2('a', blob([2 ** 40, 2 ** 40], [1]))],
    ['a negative dimension', layerV2('a', bytesField(7, bytesField(1, varint(-1n))))],
    ['nine dimensions', layerV2('a', blob(Array(9).fill(1), [1]))],
    [
      'half a float',
      layerV2(
        'a',
        bytes(bytesField(7, bytesField(1, varint(2))), bytesField(5, floats.subarray(1))),
      ),
    ],
    ['unpacked elements', layerV2('a', bytes(varint(8 * 5 + 5), floats.subarray(4)))],
    ['elements in two chunks', layerV2('a', bytes(blob([1], [1]), bytesField(5, floats)))],
    ['a layer that occurs twice', bytes(good, good)],
    ['a shape of a megabyte', layerV2('a', bytesField(7, bytesField(1, new Uint8Array(1e6))))],
    ['a thousand blobs in a layer', layerV2('a', ...Array(1000).fill(blob([0], [])))],
    [
      'a hundred thousand layers',
      bytes(...Array.from({ length: 100_001 }, (_, i) => layerV2(`${i}`, blob([0], [])))),
    ],
    ['a length beyond the end', bytes(varint(802), varint(2 ** 40), 1)],
    ['a number of eleven bytes', bytes(0x08, new Uint8Array(10).fill(0x80), 0)],
    ['a group', bytes(0x0b)],
    ['a field without a number', bytes(0x00, 0x00)],
  ])('are refused: %s', (_what, data) => {
    expect(codeOf(data)).toBe('MODEL_CORRUPT');
  });

  it('are refused without weights', () => {
    expect(codeOf(net(layerV2('a')))).toBe('MODEL_FORMAT');
  });

  it('never fail in another way', () => {
    const start = net(good);
    fc.assert(
      fc.property(fc.nat(start.length - 1), fc.nat(255), (at, value) => {
        const data = start.slice();
        data[at] = value;
        expect(['none', 'MODEL_CORRUPT', 'MODEL_FORMAT']).toContain(codeOf(data));
      }),
    );
  });
});
