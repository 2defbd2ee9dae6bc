import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { createHeap, float32View, uint32View } from '../../../src/kernels/heap.ts';
import { LayerHost } from '../../../src/kernels/layers/layer-host.ts';
import { type Kernels, loadKernels } from '../../../src/kernels/module.ts';
import { LateThread, Team } from '../../../src/kernels/parallel/team.ts';
import {
  convTask,
  depthwiseTask,
  type LayerTask,
  largeConvTask,
  rearrangeTask,
  winogradTask,
} from './tasks.ts';

const THREADS = [2, 3, 4];

/** Parts that the calling thread has run. */
let ownParts = 0;
let onOwnPart = () => {};
let kernels: Kernels;
let alone: LayerHost;
const teams: Team[] = [];

async function startTeam(threads: number, patience?: number) {
  const warn = vi.fn<(message: string) => void>();
  const team = await Team.start(kernels, { threads, warn, patience });
  teams.push(team);
  return { team, warn, host: new LayerHost(kernels, team) };
}

/** The output, bit by bit. */
function run(host: LayerHost, task: LayerTask, step = task.total): Uint32Array {
  const { kernel, output, length, total } = task;
  const { args, scratchBytes } = task.prepare(host);
  float32View(kernels.heap, output, length).fill(Number.NaN);
  host.run(kernel, args, { total, step }, scratchBytes);
  return uint32View(kernels.heap, output, length).slice();
}

/** Pixels in a part of a {@link largeConvTask}. */
const STEP = 4;

/** Workers take a moment to start; tasks do not wait for them. */
async function untilShared(host: LayerHost): Promise<void> {
  const task = largeConvTask(kernels);
  const shared = () => {
    ownParts = 0;
    run(host, task, STEP);
    expect(ownParts).toBeLessThan(Math.ceil(task.total / STEP));
  };
  await vi.waitFor(shared, { timeout: 30_000 });
  task.free();
}

beforeAll(async () => {
  const plain = await loadKernels(createHeap({ threaded: true }));
  kernels = {
    ...plain,
    convolve(...args) {
      ownParts++;
      onOwnPart();
      plain.convolve(...args);
    },
  };
  alone = new LayerHost(kernels);
});
afterAll(() => {
  for (const team of teams) team.dispose();
});
afterEach(() => vi.restoreAllMocks());

describe.each(THREADS)('a team of %i threads', (threads) => {
  let host: LayerHost;
  beforeAll(async () => {
    ({ host } = await startTeam(threads));
    await untilShared(host);
  });

  it.each([
    ['convolution', convTask],
    ['Winograd’s convolution', winogradTask],
    ['depthwise convolution', depthwiseTask],
    ['depth to space', rearrangeTask],
  ] as const)(
    'computes what one thread does, bit for bit, however it is cut: %s',
    (_, arbitrary) => {
      fc.assert(
        fc.property(arbitrary(kernels), fc.integer({ min: 1, max: 40 }), (task, step) => {
          const expected = run(alone, task);
          const found = run(host, task, step);
          task.free();
          expect(found).toEqual(expected);
        }),
        { numRuns: 40 },
      );
    },
  );
});

describe('the workers of a team', () => {
  it('take parts, and the heap stays as it is over 1,000 tasks', async () => {
    const { host, warn } = await startTeam(2);
    await untilShared(host);
    const task = largeConvTask(kernels);
    const expected = run(alone, task);
    const bytes = kernels.heap.memory.buffer.byteLength;
    for (let i = 0; i < 1000; i++) run(host, task, STEP);
    expect(kernels.heap.memory.buffer.byteLength).toBe(bytes);
    expect(run(host, task, STEP)).toEqual(expected);
    expect(warn).not.toHaveBeenCalled();
    task.free();
  });

  it('may die: one warning, and the calling thread continues alone', async () => {
    const post = vi.spyOn(Worker.prototype, 'postMessage');
    const { host, team, warn } = await startTeam(3);
    const workers = post.mock.contexts as Worker[];
    const task = largeConvTask(kernels);
    const expected = run(alone, task);
    expect(run(host, task, STEP)).toEqual(expected);
    const deaths = workers.map((worker) => new Promise((resolve) => worker.once('exit', resolve)));
    await workers[0].terminate();
    await Promise.all(deaths);
    expect(warn.mock.calls).toEqual([
      [expect.stringMatching(/^refinedet computes layers on one thread .*: a thread has died: /)],
    ]);
    expect(team.threads).toBe(1);
    ownParts = 0;
    expect(run(host, task, STEP)).toEqual(expected);
    expect(ownParts).toBe(1);
    task.free();
  });

  it('may die in the middle of a part: the task is given up, with one warning', async () => {
    const post = vi.spyOn(Worker.prototype, 'postMessage');
    const { host, team, warn } = await startTeam(2, 50);
    const task = largeConvTask(kernels);
    const expected = run(alone, task);
    const { board } = post.mock.calls[0][0] as { board: SharedArrayBuffer };
    const untaken = new Int32Array(board, 0, 1);
    // Acts like a thread that dies during a part.
    let stolen = 0;
    onOwnPart = () => {
      onOwnPart = () => {};
      const left = Atomics.load(untaken, 0);
      if (left > 0) stolen += Number(Atomics.compareExchange(untaken, 0, left, left - 1) === left);
    };
    expect(() => run(host, task, STEP)).toThrow(LateThread);
    expect([stolen, team.threads, warn.mock.calls.length]).toEqual([1, 1, 1]);
    expect(run(host, task, STEP)).toEqual(expected);
    task.free();
  });
});
