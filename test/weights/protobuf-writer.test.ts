import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { protobufFields } from '../../src/weights/protobuf.ts';
import {
  bytesField,
  encodeMessage,
  messageLength,
  numberField,
} from '../../src/weights/protobuf-writer.ts';

const read = (bytes: Uint8Array) => [...protobufFields(bytes)];

describe('messages', () => {
  it('are read back as they were written', () => {
    const field = fc.record({
      number: fc.integer({ min: 1, max: 2 ** 29 - 1 }),
      value: fc.oneof(
        fc.integer({ min: 0, max: 300 }),
        fc.maxSafeNat(),
        fc.uint8Array({ maxLength: 300 }),
      ),
    });
    fc.assert(
      fc.property(fc.array(field), (fields) => {
        const message = fields.flatMap(({ number, value }) =>
          typeof value === 'number' ? numberField(number, value) : bytesField(number, [value]),
        );
        const found = read(encodeMessage(message)).map((item) => ({
          number: item.number,
          value: item.type === 'varint' ? item.value : item.bytes,
        }));
        expect(found).toEqual(fields);
      }),
    );
  });

  it('nest, and hold text as UTF-8', () => {
    const inner = bytesField(3, 'Ü');
    const [outer] = read(encodeMessage(bytesField(1, inner)));
    expect(outer).toEqual({ number: 1, type: 'bytes', bytes: Uint8Array.of(26, 2, 0xc3, 0x9c) });
  });

  it('make large parts when they are encoded, not before', () => {
    let made = 0;
    const make = () => {
      made++;
      return Uint8Array.of(7, 8);
    };
    const message = bytesField(1, [{ length: 2, make }]);
    expect([messageLength(message), made]).toEqual([4, 0]);
    expect([...encodeMessage(message), made]).toEqual([10, 2, 7, 8, 1]);
  });
});
