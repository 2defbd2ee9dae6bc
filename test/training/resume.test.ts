import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { RUN_FILES } from '../../src/training/run-store.ts';
import { runCli, startCli, temporaryFolder } from '../cli/helpers.ts';
import { shapesDataset, writeCoco } from './shapes.ts';

const { folder, at } = temporaryFolder();
let data: string;

beforeAll(async () => {
  data = writeCoco(folder, await shapesDataset(folder, 6));
});

function lossesOf(run: string): number[] {
  const lines = readFileSync(path.join(run, RUN_FILES.metrics), 'utf8').trim().split('\n');
  return lines.map((line) => JSON.parse(line).losses.total);
}

/** Starts a run and kills it, without any warning, after some steps. */
async function killAfter(steps: number, args: readonly string[], run: string): Promise<void> {
  const child = startCli(args);
  const metrics = path.join(run, RUN_FILES.metrics);
  const behind = () =>
    !existsSync(metrics) ? 0 : readFileSync(metrics, 'utf8').split('\n').length - 1;
  while (behind() < steps && child.exitCode === null) await sleep(5);
  child.kill('SIGKILL');
  await once(child, 'close');
}

describe('train --resume', { timeout: 240_000 }, () => {
  it.each([1, 2])('goes on bit by bit after kill -9, with %d workers', async (workers) => {
    const common = ['train', '--data', data, '--batch', '2', '--steps', '20', '--quiet'];
    const size = ['--input-size', '64', '--workers', String(workers)];
    const [straight, killed] = [at(`straight${workers}`), at(`killed${workers}`)];
    const whole = await runCli([...common, ...size, '--out', straight]);
    expect(whole.code).toBe(0);
    const config = at('often.json');
    const often = JSON.stringify({ checkpointMinutes: 1e-6 });
    writeFileSync(config, often);
    const args = [...common, ...size, '--config', config, '--out', killed];
    await killAfter(10, args, killed);
    expect(existsSync(path.join(killed, RUN_FILES.model))).toBe(false);
    const resumed = await runCli(['train', '--resume', '--out', killed, '--quiet']);
    expect(resumed.stderr).not.toContain('[');
    expect(resumed.code).toBe(0);
    expect(lossesOf(killed)).toEqual(lossesOf(straight));
    expect(lossesOf(killed)).toHaveLength(20);
    const [a, b] = [straight, killed].map((run) => readFileSync(path.join(run, RUN_FILES.model)));
    expect(b.equals(a)).toBe(true);
  });
});
