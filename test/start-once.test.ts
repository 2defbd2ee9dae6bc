import { describe, expect, it, vi } from 'vitest';
import { startOnce } from '../src/start-once.ts';

describe('startOnce', () => {
  it('starts once, for calls at the same time and for later ones', async () => {
    const start = vi.fn(async (name: string) => ({ name }));
    const get = startOnce(start);
    const [a, b] = await Promise.all([get('first'), get('second')]);
    expect([a, b, await get('third')]).toEqual([a, a, a]);
    expect(start.mock.calls).toEqual([['first']]);
  });

  it('tries again after a failure, which only the calls that waited for it see', async () => {
    const start = vi.fn(async (fail: boolean) => {
      if (fail) throw new Error('no such chunk');
      return 'started';
    });
    const get = startOnce(start);
    const failed = await Promise.allSettled([get(true), get(false)]);
    expect(failed.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await get(false)).toBe('started');
    expect(await get(true)).toBe('started');
    expect(start).toHaveBeenCalledTimes(2);
  });
});
