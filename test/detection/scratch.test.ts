/** Scratch memory of the post-process at any address. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { RefineDet } from '../../src/index.ts';
import { randomModel } from '../../support/models/random-model.ts';
import { CAT } from '../cli/helpers.ts';

const IMAGE = readFileSync(CAT);
let detector: RefineDet;
beforeAll(async () => {
  detector = await RefineDet.load(randomModel(64), { threads: 1 });
});
afterAll(() => detector.dispose());

// Without candidates the scratch memory is small, so that the alignment of its parts counts: it once
// exceeded its size by eight bytes and overwrote the heap's own records.
it('stays in its bounds when tiles find nothing', async () => {
  const expected = await detector.detect(IMAGE, { tiles: true });
  expect(expected.length).toBeGreaterThan(100);
  for (let i = 0; i < 8; i++) {
    expect(await detector.detect(IMAGE, { tiles: true, scoreThreshold: 1 })).toEqual([]);
    expect(await detector.detect(IMAGE)).not.toEqual([]);
  }
  expect(await detector.detect(IMAGE, { tiles: true })).toEqual(expected);
});
