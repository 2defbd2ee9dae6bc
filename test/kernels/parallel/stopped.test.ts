/** A process whose threads are stopped together, as by Ctrl-Z, for longer than a team waits. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { CONDITION } from '../../backend/processes.ts';

/** Far more than a layer takes, even on a busy machine. */
const PATIENCE_MS = 4000;

/**
 * Runs a layer of some ten milliseconds over and over. The worker has most of it, so that the
 * calling thread waits nearly all the time.
 */
const PROGRAM = `
  const { createHeap, float32View } = await import('./src/kernels/heap.ts');
  const { loadKernels } = await import('./src/kernels/module.ts');
  const { LayerHost } = await import('./src/kernels/layers/layer-host.ts');
  const { Team } = await import('./src/kernels/parallel/team.ts');
  const kernels = await loadKernels(createHeap({ threaded: true }));
  const { heap } = kernels;
  const warnings = [];
  const warn = (text) => warnings.push(text);
  const team = await Team.start(kernels, { threads: 2, warn, patience: ${PATIENCE_MS} });

  const map = { batch: 1, height: 160, width: 160, channels: 32 };
  const window = { kernelHeight: 3, kernelWidth: 3, stride: 1, dilation: 1, padTop: 1, padLeft: 1 };
  const geometry = { ...map, ...window, outHeight: 160, outWidth: 160, filters: 64 };
  const total = 160 * 160;
  const floats = (length) => {
    const pointer = heap.malloc(4 * length);
    float32View(heap, pointer, length).forEach((_, i, view) => { view[i] = (i % 251) / 251 - 0.5; });
    return pointer;
  };
  const [x, filter, y] = [total * 32, 64 * (1 + 9 * 32), total * 64].map(floats);
  const run = (host, step) => {
    host.writeConv(geometry);
    const args = [host.shape, x, filter, y, 0, -10, 10, 0];
    host.run('convolve', args, { total, step }, kernels.convolveScratch(host.shape));
    return Buffer.from(heap.memory.buffer, y, 4 * total * 64);
  };
  const expected = Buffer.from(run(new LayerHost(kernels), total));
  const host = new LayerHost(kernels, team);
  console.log('ready');
  let isSame = true;
  for (let end = performance.now() + 12_000; performance.now() < end; ) {
    isSame &&= run(host, 0.9 * total).equals(expected);
    await new Promise(setImmediate);
  }
  console.log(JSON.stringify({ isSame, threads: team.threads, warnings }));
  process.exit();`;

it.skipIf(process.platform === 'win32')(
  'a team survives that its process is stopped for longer than it waits for a thread',
  async () => {
    const args = [CONDITION, '--import=tsx', '--input-type=module', '-e', PROGRAM];
    const cwd = fileURLToPath(new URL('../../..', import.meta.url));
    const child = spawn(process.execPath, args, { cwd, stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.on('data', (text) => {
      output += text;
    });
    try {
      await once(child.stdout, 'data');
      const exit = once(child, 'exit');
      for (let i = 0; i < 2; i++) {
        child.kill('SIGSTOP');
        await sleep(PATIENCE_MS + 1000);
        child.kill('SIGCONT');
        await sleep(150);
      }
      await exit;
    } finally {
      child.kill('SIGKILL');
    }
    expect(JSON.parse(output.slice(output.indexOf('{')))).toEqual({
      isSame: true,
      threads: 2,
      warnings: [],
    });
  },
);
