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

  it('is timed against wasm when the choice is automatic, unless the CPU stands in for it', async () => {
    const notes: string[] = [];
    const options = { threads: 1, info: (note: string) => notes.push(note) };
    loaded.push(await RefineDet.load(randomModel(64), { ...options, gpu: [cpu] }));
    expect(notes).toEqual([expect.stringMatching(/runs on \w+: .*wasm [\d.]+ ms/)]);
    expect(notes[0]).toMatch(/cpu [\d.]+ ms/);
    const software = 'ANGLE (Google, Vulkan 1.3 (SwiftShader Device))';
    const start = async () => ({ ...(await cpu.start()), software });
    const stand = { name: 'webgl', start } as const;
    notes.length = 0;
    loaded.push(await RefineDet.load(randomModel(64), { ...options, gpu: [stand] }));
    expect(notes[0]).toBe(`refinedet: webgl is left out: no GPU, but ${software}`);
    expect(notes[1]).toMatch(/^refinedet runs on (wasm|onnxruntime): .*wasm [\d.]+ ms/);
    expect(notes[1]).not.toContain('webgl');
  });

  it('needs the backend object, not only its name', async () => {
    await expect(RefineDet.load(randomModel(64), { backend: 'cpu' })).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringContaining('refinedet/cpu'),
    });
  });
});
