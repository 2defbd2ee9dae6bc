/** The detector frees the pixels that it has decoded, and only those. */
import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { RefineDet } from '../../src/detector.ts';
import { decodeImage } from '../../src/image/node/decode.ts';
import { freePixels } from '../../src/image/node/free-pixels.ts';
import { randomModel } from '../../support/models/random-model.ts';
import { CAT } from '../cli/helpers.ts';

const CAN_FREE = 'transfer' in ArrayBuffer.prototype;
const IMAGE = readFileSync(CAT);

describe.skipIf(!CAN_FREE)('freePixels (needs ArrayBuffer.transfer: Node 22)', () => {
  it('empties a whole buffer', () => {
    const data = new Uint8Array(300);
    freePixels({ data, width: 10, height: 10, channels: 3 });
    expect(data).toHaveLength(0);
  });

  it('leaves a part of a buffer, and shared memory', () => {
    for (const data of [new Uint8Array(new ArrayBuffer(301), 0, 300), shared(300)]) {
      freePixels({ data, width: 10, height: 10, channels: 3 });
      expect(data).toHaveLength(300);
    }
  });
});

function shared(length: number): Uint8Array {
  return new Uint8Array(new SharedArrayBuffer(length));
}

describe('the detector', () => {
  let detector: RefineDet;
  beforeAll(async () => {
    detector = await RefineDet.load(randomModel(64), { threads: 1 });
  });
  afterAll(() => detector.dispose());
  afterEach(() => vi.restoreAllMocks());

  it('keeps the pixels and the bytes of its caller', async () => {
    const pixels = await decodeImage(IMAGE);
    const bytes = new Uint8Array(IMAGE);
    const [first] = await detector.detectBatch([pixels, bytes, pixels, bytes]);
    expect(first.length).toBeGreaterThan(0);
    expect(await detector.detect(pixels)).toEqual(first);
    expect(bytes).toEqual(new Uint8Array(IMAGE));
  });

  it.skipIf(!CAN_FREE)(
    'frees what it decoded, also when tiles read it and after an abort',
    async () => {
      const transfer = vi.spyOn(
        ArrayBuffer.prototype as { transfer(): unknown } & ArrayBuffer,
        'transfer',
      );
      await detector.detect(IMAGE, { tiles: true });
      expect(transfer).toHaveBeenCalledTimes(1);
      await detector.detectBatch([CAT, IMAGE]);
      expect(transfer).toHaveBeenCalledTimes(3);
    },
  );
});
