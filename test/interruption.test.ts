import { getEventListeners } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { Interruption, onAbort, untilAborted } from '../src/interruption.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

describe('Interruption', () => {
  it('returns the outcome of a promise that settles first', async () => {
    const interruption = new Interruption();
    await expect(interruption.during(Promise.resolve(7))).resolves.toBe(7);
    await expect(interruption.during(Promise.reject(new Error('own')))).rejects.toThrow('own');
    expect(interruption.isRaised).toBe(false);
    interruption.throwIfRaised();
  });

  it('ends all current and later waits with the first error', async () => {
    const interruption = new Interruption();
    const waits = [1, 2].map(() => interruption.during(new Promise(() => {})));
    interruption.raise(new Error('first'));
    interruption.raise(new Error('second'));
    for (const wait of waits) await expect(wait).rejects.toThrow('first');
    await expect(interruption.during(Promise.resolve(7))).rejects.toThrow('first');
    expect(() => interruption.throwIfRaised()).toThrow('first');
  });

  it('keeps no reference to a settled promise', async () => {
    const interruption = new Interruption();
    const before = process.memoryUsage().arrayBuffers;
    for (let i = 0; i < 200; i++) {
      await interruption.during(Promise.resolve(new Uint8Array(1_000_000).fill(1)));
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
    collectGarbage();
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(100_000_000);
  });
});

describe('waits for an abort', () => {
  it('have one listener together, and none after the last', async () => {
    const control = new AbortController();
    const { signal } = control;
    const waits = Array.from({ length: 20 }, () => untilAborted(signal, new Promise(() => {})));
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    await untilAborted(signal, Promise.resolve());
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    control.abort(new Error('enough'));
    for (const wait of waits) {
      await expect(wait).rejects.toMatchObject({ code: 'ABORTED', cause: { message: 'enough' } });
    }
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  it('call back each, but not those that have ended', () => {
    const control = new AbortController();
    const called: number[] = [];
    const [first] = [1, 2, 3].map((i) => onAbort(control.signal, () => called.push(i)));
    first();
    first();
    control.abort();
    expect(called).toEqual([2, 3]);
  });
});
