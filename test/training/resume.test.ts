import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { RUN_FILES } from '../../src/training/run/run-store.ts';
import { isPosix } from '../../support/posix.ts';
import { shapesDataset, writeCoco } from '../../support/scenes/shapes.ts';
import { runCli, startCli, temporaryFolder } from '../cli/helpers.ts';

const { folder, at } = temporaryFolder();
let data: string;

beforeAll(async () => {
  data = writeCoco(folder, await shapesDataset(folder, 6));
});

function lossesOf(run: string): number[] {
  const lines = readFileSync(path.join(run, RUN_FILES.metrics), 'utf8').trim().split('\n');
  return lines.map((line) => JSON.parse(line).losses.total);
}

/** Starts a run and sends it a signal after some steps. */
async function signalAfter(
  steps: number,
  signal: 'SIGINT' | 'SIGKILL',
  args: readonly string[],
  run: string,
): Promise<{ code: number | null; stderr: string; milliseconds: number }> {
  const child = startCli(args);
  const stderr = text(child.stderr);
  const metrics = path.join(run, RUN_FILES.metrics);
  const behind = () =>
    !existsSync(metrics) ? 0 : readFileSync(metrics, 'utf8').split('\n').length - 1;
  while (behind() < steps && child.exitCode === null) await sleep(5);
  const start = performance.now();
  child.kill(signal);
  const [code] = await once(child, 'close');
  return { code, stderr: await stderr, milliseconds: performance.now() - start };
}

describe('train --resume', { timeout: 240_000 }, () => {
  it.each([1, 2])('continues bit by bit after kill -9, with %d workers', async (workers) => {
    const common = ['train', '--data', data, '--batch', '2', '--steps', '20', '--quiet'];
    const size = ['--input-size', '64', '--workers', String(workers)];
    const [straight, killed] = [at(`straight${workers}`), at(`killed${workers}`)];
    const whole = await runCli([...common, ...size, '--out', straight]);
    expect(whole.code).toBe(0);
    const config = at('often.json');
    const often = JSON.stringify({ checkpointMinutes: 1e-6 });
    writeFileSync(config, often);
    const args = [...common, ...size, '--config', config, '--out', killed];
    await signalAfter(10, 'SIGKILL', args, killed);
    expect(existsSync(path.join(killed, RUN_FILES.model))).toBe(false);
    const resumed = await runCli(['train', '--resume', '--out', killed, '--quiet']);
    expect(resumed.stderr).not.toContain('[');
    expect(resumed.code).toBe(0);
    expect(lossesOf(killed)).toEqual(lossesOf(straight));
    expect(lossesOf(killed)).toHaveLength(20);
    const [a, b] = [straight, killed].map((run) => readFileSync(path.join(run, RUN_FILES.model)));
    expect(b.equals(a)).toBe(true);
  });

  it('stops an evaluation at Ctrl-C, says how to go on, and then makes up for it', async ({
    skip,
  }) => {
    skip(!isPosix, 'Windows has no SIGINT');
    const many = at('many');
    mkdirSync(many);
    const validation = writeCoco(many, await shapesDataset(many, 200));
    const run = at('interrupted');
    const common = ['--batch', '2', '--steps', '2', '--input-size', '64', '--workers', '1'];
    const args = ['train', '--data', data, '--val', validation, '--out', run, '--quiet', ...common];
    const { code, stderr, milliseconds } = await signalAfter(2, 'SIGINT', args, run);
    expect(stderr).toMatch(
      /interrupted: step 2 is saved; continue with refinedet train --out \S+ --resume \[ABORTED\]\n$/,
    );
    expect(code).toBe(130);
    const best = path.join(run, RUN_FILES.best);
    expect(existsSync(best)).toBe(false);
    const resumed = await runCli(['train', '--resume', '--out', run, '--quiet']);
    expect(resumed.stdout).toMatch(/^epoch 0\.7, step 2: AP .* on 200 images in (\d+) s/);
    expect(resumed.code).toBe(0);
    expect(existsSync(best)).toBe(true);
    // Evaluating all 200 images takes longer, on any machine that runs this.
    expect(milliseconds).toBeLessThan(10_000);
  });
});
