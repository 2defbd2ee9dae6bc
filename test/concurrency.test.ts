import { describe, expect, it } from 'vitest';
import { inOrder } from '../src/concurrency.ts';

const after = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('inOrder', () => {
  it('keeps the order however long each item takes, and goes on after a failure', async () => {
    const seen: [number, unknown][] = [];
    const work = async (ms: number) => {
      await after(ms);
      if (ms === 0) throw new Error('zero');
      return ms * 2;
    };
    for await (const [item, outcome] of inOrder([20, 5, 0, 1], 3, work)) {
      seen.push([item, 'value' in outcome ? outcome.value : String(outcome.error)]);
    }
    expect(seen).toEqual([
      [20, 40],
      [5, 10],
      [0, 'Error: zero'],
      [1, 2],
    ]);
  });

  it('never has more under way than the limit, and uses it', async () => {
    let running = 0;
    let most = 0;
    const work = async () => {
      most = Math.max(most, ++running);
      await after(1);
      running--;
    };
    for await (const _ of inOrder(Array.from({ length: 20 }), 4, work)) await after(0);
    expect(most).toBe(4);
  });

  it('yields nothing for nothing', async () => {
    expect(await inOrder([], 2, async () => 1).next()).toEqual({ done: true, value: undefined });
  });

  it('starts no more once the reader stops', async () => {
    const started: number[] = [];
    const work = async (item: number) => started.push(item);
    for await (const _ of inOrder([1, 2, 3, 4, 5], 2, work)) break;
    expect(started).toEqual([1, 2]);
  });
});
