import * as tf from '@tensorflow/tfjs-core';
import { afterAll, describe, expect, it } from 'vitest';
import { cpu } from '../../src/backend/cpu.ts';
import { RefineDet } from '../../src/index.ts';
import { randomModel } from '../../support/models/random-model.ts';

const CAT = 'examples/cat.jpg';
const ANY = { scoreThreshold: 0.05, nmsThreshold: 1 };

describe('refinedet/cpu', () => {
  const loaded: RefineDet[] = [];
  afterAll(() => {
    for (const detector of loaded) detector.dispose();
  });

  it('detects the same as wasm, with independent code', async () => {
    const wasm = await RefineDet.load(randomModel(64), { threads: 1 });
    const plain = await RefineDet.load(randomModel(64), { backend: cpu });
    loaded.push(wasm, plain);
    expect([wasm.backend, plain.backend]).toEqual(['wasm', 'cpu']);
    const expected = await wasm.detect(CAT, ANY);
    const found = await plain.detect(CAT, ANY);
    expect(await plain.detect(CAT, ANY)).toEqual(found);
    expect(tf.getBackend()).toBe('cpu');
    expect(expected.length).toBeGreaterThan(0);
    expect(found).toHaveLength(expected.length);
    const close = (value: number) => expect.closeTo(value, 2);
    for (const [i, { score, box }] of found.entries()) {
      expect(score).toBeCloseTo(expected[i].score, 3);
      const { x, y, width, height } = expected[i].box;
      expect(box).toEqual({ x: close(x), y: close(y), width: close(width), height: close(height) });
    }
  });

  it('needs the backend object, not only its name', async () => {
    await expect(RefineDet.load(randomModel(64), { backend: 'cpu' })).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringContaining('refinedet/cpu'),
    });
  });
});
