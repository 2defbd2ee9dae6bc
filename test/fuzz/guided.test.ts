/** Separate from the other campaigns: V8 counts only functions that it compiles after the start. */
import { expect, it } from 'vitest';
import { campaign } from './campaign.ts';
import { TARGETS } from './targets/index.ts';

it('a guided campaign keeps the inputs that reach new code', async () => {
  const target = TARGETS.find(({ name }) => name === 'exif')!;
  const { corpus, failure } = await campaign(target, { seed: 1, runs: 300, guided: true });
  expect(failure).toBeUndefined();
  expect(corpus).toBeGreaterThan((await target.seeds()).length);
});
