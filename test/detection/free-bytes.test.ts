/** The detector frees the file of a model and the pixels that it has decoded, and nothing else. */
import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { loadModel } from '../../src/detection/load-model.ts';
import { RefineDet } from '../../src/detector.ts';
import { decodeImage } from '../../src/image/node/decode.ts';
import { freeBytes } from '../../src/platform/free-bytes.ts';
import { writeModel } from '../../src/weights/model-file.ts';
import { randomModel } from '../../support/models/random-model.ts';
import { CAT } from '../cli/helpers.ts';

const CAN_FREE = 'transfer' in ArrayBuffer.prototype;
const IMAGE = readFileSync(CAT);

describe.skipIf(!CAN_FREE)('freeBytes (needs ArrayBuffer.transfer: Node 22)', () => {
  it('empties a whole buffer', () => {
    const data = new Uint8Array(300);
    freeBytes(data);
    expect(data).toHaveLength(0);
  });

  it('leaves a part of a buffer, and shared memory', () => {
    for (const data of [new Uint8Array(new ArrayBuffer(301), 0, 300), shared(300)]) {
      freeBytes(data);
      expect(data).toHaveLength(300);
    }
  });
});

function shared(length: number): Uint8Array {
  return new Uint8Array(new SharedArrayBuffer(length));
}

const spyOnTransfer = () =>
  vi.spyOn(ArrayBuffer.prototype as { transfer(): unknown } & ArrayBuffer, 'transfer');

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

  it('keeps the bytes of a model, also in a Buffer', async () => {
    const bytes = Buffer.from(await writeModel(randomModel(64), 'f32'));
    const before = Buffer.from(bytes);
    const expected = await detector.detect(IMAGE);
    for (const given of [bytes, new Uint8Array(bytes), new Blob([new Uint8Array(bytes)])]) {
      using own = await RefineDet.load(given, { threads: 1 });
      expect(await own.detect(IMAGE)).toEqual(expected);
    }
    expect(bytes.equals(before)).toBe(true);
  });

  it.skipIf(!CAN_FREE).each([
    ['default', 'int8'],
    ['default', 'float32'],
    ['nano', 'int8'],
  ] as const)('frees the file of %s and detects in %s at any size', async (name, compute) => {
    const transfer = spyOnTransfer();
    using lazy = await RefineDet.load(name, { threads: 1, compute, warmUp: false });
    expect(transfer).toHaveBeenCalledTimes(1);
    using kept = await RefineDet.load(await loadModel(name), { threads: 1, compute });
    expect(transfer).toHaveBeenCalledTimes(1);
    for (const options of [{}, { multiScale: true }]) {
      expect(await lazy.detect(IMAGE, options)).toEqual(await kept.detect(IMAGE, options));
    }
  });

  it.skipIf(!CAN_FREE)(
    'frees what it decoded, also when tiles read it and after an abort',
    async () => {
      const transfer = spyOnTransfer();
      await detector.detect(IMAGE, { tiles: true });
      expect(transfer).toHaveBeenCalledTimes(1);
      await detector.detectBatch([CAT, IMAGE]);
      expect(transfer).toHaveBeenCalledTimes(3);
    },
  );
});
