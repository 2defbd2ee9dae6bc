/** The benchmark beside PyTorch: it runs, and both sides make the same step. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SuiteResult } from '../../bench/results.ts';
import type { TorchReport } from '../../bench/suites/pytorch.ts';
import { readSafetensors, writeSafetensors } from '../../src/weights/safetensors.ts';
import { torchOfTests } from '../../support/torch.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const PROGRAM = path.join(ROOT, 'bench/programs/train-torch.py');
const TSX = ['--import=tsx', '--conditions=refinedet-source'];
const HANDOVER = `
import handOver from './bench/suites/pytorch-handover.ts';
await handOver({ ...JSON.parse(process.argv[1]), workers: 1, steps: 1, comparable: true });
process.exit(0);
`;

/** Several processes, one after the other, each of which loads its own runtime. */
const SLOW = 240_000;

const python = torchOfTests();

describe.skipIf(!python)('the benchmark beside PyTorch', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'refinedet-'));
  const node = (...args: string[]) =>
    execFileSync(process.execPath, [...TSX, ...args], { cwd: ROOT, encoding: 'utf8' });
  const train = (layout: string): TorchReport =>
    JSON.parse(
      execFileSync(python!, [PROGRAM, folder, layout, '1', '0', '1'], {
        encoding: 'utf8',
        stdio: 'pipe',
      }),
    );

  beforeAll(() => {
    const job = { folder, side: 128, batch: 2, backbone: true };
    node('--input-type=module', '-e', HANDOVER, JSON.stringify(job));
  }, SLOW);
  afterAll(() => rmSync(folder, { recursive: true }));

  it(
    'runs with --brief',
    () => {
      node('bench/run.ts', 'pytorch', '--brief', '--out', folder);
      const text = readFileSync(path.join(folder, 'pytorch.json'), 'utf8');
      const { groups } = JSON.parse(text) as SuiteResult;
      expect(groups).toHaveLength(1);
      expect(groups[0].cases.map(({ name }) => name)).toEqual([
        'refinedet, two workers',
        'PyTorch, default layout',
        'PyTorch, channels-last',
      ]);
      for (const { median } of groups[0].cases) expect(median).toBeGreaterThan(0);
    },
    SLOW,
  );

  it.each(['default', 'channels-last'])('has our heads, losses and gradients: %s', (layout) => {
    const { heads, losses, gradients, imageMs } = train(layout);
    expect(heads).toBeLessThan(2e-5);
    expect(losses).toBeLessThan(1e-5);
    // An activation at its limit may count on one side only.
    expect(gradients).toBeLessThan(5e-3);
    expect(imageMs).toHaveLength(1);
  });

  it('refuses to measure another network', () => {
    const file = path.join(folder, 'model.safetensors');
    const { tensors, metadata } = readSafetensors(readFileSync(file));
    const changed = [...tensors].map(([name, { bytes, ...about }]) => {
      const write = (target: Uint8Array) => {
        if (name !== 'tcb4.up.weight') target.set(bytes);
      };
      return [name, { ...about, write }] as const;
    });
    const given = writeSafetensors(new Map(changed), Object.fromEntries(metadata));
    writeFileSync(file, given);
    expect(() => train('default')).toThrow('another network: the heads differ');
  });
});
