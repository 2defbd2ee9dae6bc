/** A detector keeps its promises under aborts, replaced files and concurrent calls. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Detection } from '../../src/boxes.ts';
import { type DetectOptions, type ImageSource, RefineDet, writeModel } from '../../src/index.ts';
import { randomModel } from '../../support/models/random-model.ts';
import { CAT, temporaryFolder } from '../cli/helpers.ts';

const ANY: DetectOptions = { scoreThreshold: 0.05 };
const { at, remove } = temporaryFolder();

let detector: RefineDet;
let expected: Detection[];
beforeAll(async () => {
  detector = await RefineDet.load(randomModel(64), { threads: 1 });
  expected = await detector.detect(CAT, ANY);
});
afterAll(() => {
  detector.dispose();
  remove();
});

/** A signal that aborts when it has been checked a given number of times. */
function firesAtLook(count: number): { signal: AbortSignal; looks: () => number } {
  let looks = 0;
  const signal = new Proxy(new AbortController().signal, {
    get(target, name) {
      if (name === 'aborted') return ++looks >= count;
      const value = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  return { signal, looks: () => looks };
}

describe('an abort', () => {
  it.each<[string, ImageSource, DetectOptions]>([
    ['one image', CAT, ANY],
    ['tiles', CAT, { ...ANY, tiles: 128 }],
    ['multi-scale testing', CAT, { ...ANY, multiScale: true }],
  ])(
    'of %s works at every stage that checks, and changes nothing else',
    async (_, image, options) => {
      const whole = await detector.detect(image, options);
      const tensors = tf.memory().numTensors;
      const never = firesAtLook(Number.POSITIVE_INFINITY);
      await detector.detect(image, { ...options, signal: never.signal });
      expect(never.looks()).toBeGreaterThanOrEqual(3);
      for (let look = 1; look <= never.looks(); look++) {
        const { signal } = firesAtLook(look);
        await expect(detector.detect(image, { ...options, signal })).rejects.toMatchObject({
          code: 'ABORTED',
        });
      }
      expect(tf.memory().numTensors).toBe(tensors);
      expect(await detector.detect(image, options)).toEqual(whole);
    },
  );

  it('of some of many calls does not affect the others', async () => {
    const aborted = new AbortController();
    const calls = Array.from({ length: 9 }, (_, i) =>
      detector.detect(CAT, i % 3 === 1 ? { ...ANY, signal: aborted.signal } : ANY),
    );
    aborted.abort();
    const outcomes = await Promise.allSettled(calls);
    outcomes.forEach((outcome, i) => {
      if (i % 3 === 1) expect(outcome).toMatchObject({ reason: { code: 'ABORTED' } });
      else expect(outcome).toEqual({ status: 'fulfilled', value: expected });
    });
  });

  it('of loading leaks no tensors, at any stage', async () => {
    const file = at('aborted.safetensors');
    writeFileSync(file, await writeModel(randomModel(64)));
    const tensors = tf.memory().numTensors;
    const never = firesAtLook(Number.POSITIVE_INFINITY);
    (await RefineDet.load(file, { signal: never.signal })).dispose();
    expect(never.looks()).toBeGreaterThanOrEqual(3);
    for (let look = 1; look <= never.looks(); look++) {
      const { signal } = firesAtLook(look);
      await expect(RefineDet.load(file, { signal })).rejects.toMatchObject({ code: 'ABORTED' });
      expect(tf.memory().numTensors).toBe(tensors);
    }
  });
});

describe('a model file', () => {
  it('may be replaced or removed while its detector is in use', async () => {
    const file = at('replaced.safetensors');
    writeFileSync(file, await writeModel(randomModel(64)));
    const own = await RefineDet.load(file);
    const before = await own.detect(CAT, ANY);
    // Overwrites in place, like `cp`: a memory-mapped file would now show zeros.
    writeFileSync(file, new Uint8Array(readFileSync(file).length));
    expect(await own.detect(CAT, ANY)).toEqual(before);
    await expect(RefineDet.load(file)).rejects.toMatchObject({
      code: expect.stringMatching(/^MODEL_/),
    });
    rmSync(file);
    expect(await own.detect(CAT, ANY)).toEqual(before);
    own.dispose();
  });
});

describe('concurrent calls', () => {
  it('of several detectors and options get the same results as single calls', async () => {
    const other = await RefineDet.load(randomModel(128, 2));
    const asks: [RefineDet, DetectOptions][] = [
      [detector, ANY],
      [other, ANY],
      [detector, { ...ANY, multiScale: true }],
      [other, { ...ANY, tiles: 200 }],
      [detector, { ...ANY, classes: ['bee'], softNms: 'linear' }],
    ];
    const alone: Detection[][] = [];
    for (const [asked, options] of asks) alone.push(await asked.detect(CAT, options));
    const together = await Promise.all(
      [...asks, ...asks].map(([asked, options]) => asked.detect(CAT, options)),
    );
    expect(together).toEqual([...alone, ...alone]);
    other.dispose();
  });

  it('that fail do not affect the others or the detector', async () => {
    const tensors = tf.memory().numTensors;
    const bad = new Uint8Array([1, 2, 3]);
    const calls = [CAT, bad, CAT, at('none.jpg'), CAT].map((image) => detector.detect(image, ANY));
    const outcomes = await Promise.allSettled(calls);
    expect(outcomes.map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
      'rejected',
      'fulfilled',
    ]);
    for (const i of [0, 2, 4]) expect(outcomes[i]).toMatchObject({ value: expected });
    expect(tf.memory().numTensors).toBe(tensors);
  });
});
