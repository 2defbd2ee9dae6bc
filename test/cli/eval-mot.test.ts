import { mkdirSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli, temporaryFolder } from './helpers.ts';

const temporary = temporaryFolder();
const { folder, at } = temporary;
const mot = (...args: string[]) => runCli(['eval', '--metric', 'mot', ...args], { cwd: folder });

beforeAll(() => {
  mkdirSync(at('street/gt'), { recursive: true });
  writeFileSync(at('street/gt/gt.txt'), '1,1,0,0,9,9,1,1,1\n2,1,0,0,9,9,1,1,1\n');
  writeFileSync(at('tracks.txt'), '1,7,0,0,9,9,1\n2,8,0,0,9,9,1\n');
});
afterAll(() => temporary.remove());

describe('refinedet eval --metric mot', () => {
  it('prints the scores as tables', async () => {
    const { code, stdout } = await mot('--data', 'street', '--tracks', 'tracks.txt');
    expect(code).toBe(0);
    expect(stdout).toContain(' HOTA ');
    // One switch in two boxes, found at their very place.
    expect(stdout).toMatch(/street +50\.00 +100\.00 +2 +0 +0 +1 +1 +0 +0 +0\n/);
  });

  it('prints the scores as JSON', async () => {
    const { stdout } = await mot('--data', 'street', '--tracks', 'tracks.txt', '--json');
    const { metric, sequences, combined } = JSON.parse(stdout);
    expect(metric).toBe('mot');
    expect(combined).toMatchObject({ MOTA: 0.5, IDSW: 1, IDF1: 0.5 });
    expect(sequences).toEqual({ street: combined });
  });

  it('refuses options that only other metrics know', async () => {
    const { code, stderr } = await mot('-d', 'street', '--tracks', 'tracks.txt', '--iou', '0.3');
    expect(code).toBe(2);
    expect(stderr).toContain('--iou is not an option of --metric mot');
  });
});
