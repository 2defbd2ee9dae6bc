import { describe, expect, it } from 'vitest';
import { ByteBudget } from '../../src/fleet/byte-budget.ts';
import { Exclusion } from '../../src/fleet/exclusion.ts';
import { Journal, type JournalState } from '../../src/fleet/journal.ts';

describe('Journal', () => {
  /** Works on inputs until one kills the process, and starts again until all are done or blamed. */
  async function deathsUntilDone(inputs: number, kills: (position: number) => boolean) {
    let notes: JournalState | undefined;
    for (let deaths = 0; ; deaths++) {
      const journal = await Journal.begin(notes, async (state) => {
        notes = state;
      });
      const blamed: number[] = [];
      let dies = false;
      for (let position = 0; position < inputs && !dies; position++) {
        if (journal.blames(position)) {
          blamed.push(position);
          continue;
        }
        if (journal.isCareful) await journal.note(position);
        dies = kills(position);
      }
      if (dies) continue;
      await journal.end();
      return { deaths, blamed, notes };
    }
  }

  it('finds the image that kills its process, at the fourth death', async () => {
    const found = await deathsUntilDone(500, (position) => position === 321);
    expect(found).toEqual({ deaths: 4, blamed: [321], notes: undefined });
  });

  it('finds several of them', async () => {
    const killers = [3, 4, 400];
    const found = await deathsUntilDone(500, (position) => killers.includes(position));
    expect(found).toMatchObject({ deaths: 8, blamed: killers });
  });

  it('blames no image for deaths by chance', async () => {
    let deaths = 0;
    const found = await deathsUntilDone(
      100,
      (position) => position === 30 + deaths && ++deaths < 5,
    );
    expect(found.blamed).toEqual([]);
  });

  it('does not count a shard that was given up', async () => {
    let notes: JournalState | undefined;
    for (let i = 0; i < 5; i++) {
      const journal = await Journal.begin(notes, async (state) => {
        notes = state;
      });
      expect(journal.isCareful).toBe(false);
      await journal.release();
    }
    expect(notes).toBeUndefined();
  });
});

describe('ByteBudget', () => {
  const settled = async (promise: Promise<unknown>) =>
    Promise.race([promise.then(() => true), new Promise((go) => setTimeout(go, 5, false))]);

  it('lets bytes in up to its limit, in order', async () => {
    const budget = new ByteBudget(100);
    const give = await budget.take(60);
    const second = budget.take(50);
    const third = budget.take(10); // fits, but comes later
    expect([await settled(second), await settled(third), budget.used]).toEqual([false, false, 60]);
    give();
    await Promise.all([second, third]);
    expect(budget.used).toBe(60);
  });

  it('lets a single image of any size in, alone', async () => {
    const budget = new ByteBudget(100);
    const give = await budget.take(1000);
    expect(await settled(budget.take(1))).toBe(false);
    give();
  });

  it('forgets those who no longer wait', async () => {
    const budget = new ByteBudget(10);
    const give = await budget.take(10);
    const controller = new AbortController();
    const waiting = budget.take(10, controller.signal);
    controller.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'ABORTED' });
    give();
    expect(budget.used).toBe(0);
  });
});

describe('Exclusion', () => {
  it('lets work be alone, and keeps the order', async () => {
    const exclusion = new Exclusion();
    const events: string[] = [];
    const work = (name: string, isAlone: boolean) =>
      exclusion.run(isAlone, async () => {
        events.push(`${name} begins`);
        await new Promise((go) => setTimeout(go, 5));
        events.push(`${name} ends`);
        if (name === 'B') throw new Error(name);
      });
    const all = [work('a', false), work('b', false), work('B', true), work('c', false)];
    expect((await Promise.allSettled(all)).map(({ status }) => status)).toEqual([
      ...['fulfilled', 'fulfilled', 'rejected', 'fulfilled'],
    ]);
    expect(events).toEqual([
      ...['a begins', 'b begins', 'a ends', 'b ends'],
      ...['B begins', 'B ends', 'c begins', 'c ends'],
    ]);
  });
});
