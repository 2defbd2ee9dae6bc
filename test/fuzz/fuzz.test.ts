/** The short form: the same inputs every time. `npm run fuzz` runs for any time. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { campaign, type Failure } from './campaign.ts';
import { examine } from './examine.ts';
import type { FuzzTarget } from './target.ts';
import { TARGETS } from './targets/index.ts';

const SEED = 1711_06897;
const RUNS = 150;
const FOLDER = fileURLToPath(new URL('../../.cache/fuzz/', import.meta.url));

describe('damaged input gives a value or an error with a code', () => {
  it.each(TARGETS.map((target) => [target.name, target] as const))('%s', async (name, target) => {
    const { failure, inputs } = await campaign(target, { seed: SEED, runs: RUNS });
    expect(failure && saved(name, failure)).toBeUndefined();
    expect(inputs).toBeGreaterThanOrEqual(RUNS);
  });
});

function saved(name: string, { input, reason }: Failure): string {
  mkdirSync(FOLDER, { recursive: true });
  const file = `${FOLDER}${name}.failed`;
  writeFileSync(file, input);
  return `${reason}\nagain: npm run fuzz -- ${name} --input ${file}`;
}

describe('the oracle finds', () => {
  const target = (read: FuzzTarget['read'], more: Partial<FuzzTarget> = {}): FuzzTarget => ({
    ...{ name: 'x', seeds: () => [new Uint8Array(4)], words: [], read },
    ...more,
  });
  const verdict = async (guilty: FuzzTarget) =>
    examine(guilty, new Uint8Array(4)).catch((error: Error) => error.message);

  it('errors without a code', async () => {
    const guilty = target(() => {
      throw new TypeError('x is not a function');
    });
    expect(await verdict(guilty)).toBe('x is not a function');
  });

  it('work that takes too long', async () => {
    const guilty = target(() => {
      const { user } = process.cpuUsage();
      while (process.cpuUsage().user - user < 2.5e6);
    });
    expect(await verdict(guilty)).toMatch(/s of processor time for 4 bytes/);
  });

  it('memory out of proportion', async () => {
    const kept: Uint8Array[] = [];
    const guilty = target(() => kept.push(new Uint8Array(64 * 2 ** 20)));
    expect(await verdict(guilty)).toMatch(/^\d+ bytes for 4 bytes$/);
  });

  it('polluted prototypes', async () => {
    const prototype = Object.prototype as unknown as Record<string, unknown>;
    const guilty = target(() => {
      prototype['polluted'] = 1;
    });
    try {
      expect(await verdict(guilty)).toBe('a built-in prototype has a new property');
    } finally {
      delete prototype['polluted'];
    }
  });

  it('files outside the folder', async () => {
    const { readFile } = await import('node:fs/promises');
    const file = fileURLToPath(import.meta.url);
    const guilty = target(() => readFile(file), { folder: () => '/tmp/elsewhere' });
    expect(await verdict(guilty)).toBe(`files outside the folder: ${file}`);
  });

  it('inputs that are changed', async () => {
    const guilty = target((input) => input.fill(1));
    expect(await verdict(guilty)).toBe('the input was changed');
  });
});

it('a campaign ends with a small input that shows the defect', async () => {
  const read = (input: Uint8Array) => {
    if (input.length > 40) throw new RangeError('too long');
  };
  const seeds = () => [new Uint8Array(30)];
  const { failure } = await campaign({ name: 'x', seeds, words: [], read }, { seed: 1, runs: 500 });
  expect(failure?.reason).toMatch(/^RangeError: too long/);
  expect(failure?.input.length).toBeLessThan(60);
});
