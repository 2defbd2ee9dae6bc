import { describe, expect, it } from 'vitest';
import { wasmRuntime } from '../../src/backend/wasm.ts';
import { CONDITION, inProcess } from './processes.ts';

const CONVOLVE = `
  const x = tf.ones([1, 32, 32, 16]), w = tf.ones([3, 3, 16, 16]);
  const y = tf.conv2d(x, w, 1, 1);
  console.log(JSON.stringify({ threads, sum: tf.sum(y).dataSync()[0],
    handlers: process.listenerCount('uncaughtException') + process.listenerCount('unhandledRejection'),
    worker: typeof globalThis.Worker }));`;

describe('the wasm backend', () => {
  it.each([1, 2, 4])(
    'computes with %i thread(s), changes no globals and lets the process end',
    async (threads) => {
      const { stdout, stderr } = await inProcess(
        `const { threads } = await wasmRuntime(${threads});${CONVOLVE}`,
      );
      expect(JSON.parse(stdout)).toEqual({
        threads,
        sum: 16 * 16 * (9 * 30 * 30 + 6 * 4 * 30 + 4 * 4),
        handlers: 0,
        worker: 'undefined',
      });
      expect(stderr).toBe('');
    },
  );

  it('works inside worker_threads', async () => {
    const { stdout, stderr } = await inProcess(`
      const { Worker } = await import('node:worker_threads');
      const source = \`(async () => {
        (await import('tsx/esm/api')).register();
        const { wasmRuntime } = await import('file://' + process.cwd() + '/src/backend/wasm.ts');
        const { threads, heap } = await wasmRuntime(2);
        console.log(threads, heap.threaded);
      })()\`;
      new Worker(source, { eval: true, execArgv: ['${CONDITION}'] });`);
    expect(stdout.trim()).toBe('2 true');
    expect(stderr).toBe('');
  });

  it('keeps the thread count of its first start and warns once about a different request', async () => {
    const { stdout } = await inProcess(`
      const warnings = [];
      await wasmRuntime(2);
      for (const n of [1, 1, 'auto']) console.log((await wasmRuntime(n, (m) => warnings.push(m))).threads);
      console.log(warnings.length, warnings[0]);`);
    expect(stdout.trim().split('\n').slice(0, 3)).toEqual(['2', '2', '2']);
    expect(stdout).toMatch(/^1 refinedet runs on 2 thread\(s\), not 1: /m);
  });

  it('uses a wasm backend that the program has already started', async () => {
    const { stdout } = await inProcess(`
      await import('@tensorflow/tfjs-backend-wasm');
      await tf.setBackend('wasm');
      const mine = tf.tensor1d([1, 2, 3]);
      const { threads, heap } = await wasmRuntime(1);
      console.log(threads, heap.malloc(100) > 0, mine.dataSync().join());`);
    expect(stdout.trim()).toBe('1 true 1,2,3');
  });

  it.each([1, 2])(
    'reports exhausted memory and keeps working, with %i thread(s)',
    async (threads) => {
      const { stdout } = await inProcess(`
      const { heap } = await wasmRuntime(${threads});
      const attempt = (f) => { try { return f(); } catch (e) { return e.code; } };
      const sizes = [3e9, 3e9, 2 ** 32, 2 ** 33 + 8];
      const blocks = sizes.map((bytes) => attempt(() => heap.malloc(bytes)));
      console.log(blocks.slice(1).join(), blocks[0] > 0, tf.zeros([0]).dataSync().length);
      console.log(attempt(() => tf.fill([20000, 20000], 1)));
      heap.free(blocks[0]);
      console.log(tf.sum(tf.ones([100])).dataSync()[0]);`);
      expect(stdout.trim().split('\n')).toEqual([
        'OUT_OF_MEMORY,OUT_OF_MEMORY,OUT_OF_MEMORY true 0',
        'OUT_OF_MEMORY',
        '100',
      ]);
    },
  );

  it.each([0, 1.5, 10, Number.NaN, '2' as never])('rejects %s threads', async (threads) => {
    await expect(wasmRuntime(threads)).rejects.toMatchObject({ code: 'INVALID_OPTION' });
  });
});
