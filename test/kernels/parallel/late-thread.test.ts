import { Worker } from 'node:worker_threads';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { wasmRuntime } from '../../../src/backend/wasm.ts';
import { float32View, uint32View } from '../../../src/kernels/heap.ts';
import { registerLayerKernels, runLayerKernel } from '../../../src/kernels/layers/index.ts';
import type { Kernels } from '../../../src/kernels/module.ts';
import { Board } from '../../../src/kernels/parallel/board.ts';
import { Team } from '../../../src/kernels/parallel/team.ts';
import { convGeometry } from '../../../src/model/geometry.ts';
import { deriveRandom } from '../../../src/random.ts';
import { inProcess } from '../../backend/processes.ts';

let kernels: Kernels;
beforeAll(async () => {
  ({ kernels } = await wasmRuntime(2));
});
afterEach(() => vi.restoreAllMocks());

/** Values that a thread reads at the start of a part. */
const TASK_BYTES = 128;

/** Makes a thread take a part of the first task and sleep. Returns the memory that it would write. */
function takePart(team: Team) {
  const late = { shape: 0, output: 0, scratch: 0, scratchBytes: 0 };
  const { post } = Board.prototype;
  const spy = vi.spyOn(Board.prototype, 'post').mockImplementation(function (this: Board, task) {
    post.call(this, task);
    spy.mockRestore();
    const words = new Int32Array(boards.get(team)!, 0, TASK_BYTES / 4);
    const left = Atomics.load(words, 0);
    expect(left).toBeGreaterThan(0);
    expect(Atomics.compareExchange(words, 0, left, left - 1)).toBe(left);
    const [shape, , , output] = task.args;
    const { scratch, scratchBytes } = task;
    Object.assign(late, { shape, output, scratch: scratch + scratchBytes, scratchBytes });
  });
  return late;
}

const boards = new WeakMap<Team, SharedArrayBuffer>();

/** A team whose worker never starts, so that only {@link takePart} takes parts besides this thread. */
async function teamOf(patience: number) {
  const post = vi.spyOn(Worker.prototype, 'postMessage').mockImplementation(() => {});
  const warn = vi.fn<(message: string) => void>();
  const team = await Team.start(kernels, { threads: 2, warn, patience });
  boards.set(team, (post.mock.calls[0][0] as { board: SharedArrayBuffer }).board);
  post.mockRestore();
  return { team, warn };
}

const SHAPE: [number, number, number, number] = [1, 32, 31, 64];
const FILTERS = 35;

function convolution() {
  const random = deriveRandom(7);
  const floats = (length: number) => Float32Array.from({ length }, () => random.between(-1, 1));
  const window = { kernel: 3, stride: 1, dilation: 1, padding: 1 } as const;
  const layer = { op: 'conv', name: '', input: '', filters: FILTERS, ...window } as const;
  const geometry = convGeometry(SHAPE, layer);
  const x = tf.tensor4d(floats(SHAPE.reduce((a, b) => a * b)), SHAPE);
  const filter = runLayerKernel(
    'packFilter',
    { filter: tf.tensor4d(floats(9 * SHAPE[3] * FILTERS), [3, 3, SHAPE[3], FILTERS]) },
    { layout: 'forward' },
  );
  return () => runLayerKernel('conv', { x, filter }, { geometry, low: -1, high: 1 });
}

describe('a thread that holds a part after its team has broken up', () => {
  it('reads and writes no memory that is used again', async () => {
    const conv = convolution();
    const expected = conv().dataSync().slice();
    const { team, warn } = await teamOf(50);
    vi.spyOn(console, 'warn').mockImplementation(() => {}); // tfjs: already registered
    registerLayerKernels(kernels, team);
    const late = takePart(team);
    const first = conv();
    expect([team.threads, warn.mock.calls.length]).toEqual([1, 1]);
    const shape = uint32View(kernels.heap, late.shape, 13).slice();
    const second = conv();
    expect(late.output).toBeGreaterThan(0);
    expect(late.scratchBytes).toBeGreaterThan(0);

    // The thread wakes: the shape is unchanged, and its writes reach no tensor.
    runLayerKernel('depthToSpace', { x: tf.zeros([1, 8, 8, 4]) }, {});
    expect(uint32View(kernels.heap, late.shape, 13)).toEqual(shape);
    float32View(kernels.heap, late.output, expected.length).fill(Number.NaN);
    float32View(kernels.heap, late.scratch, late.scratchBytes / 4).fill(Number.NaN);
    expect(first.dataSync()).toEqual(expected);
    expect(second.dataSync()).toEqual(expected);
    expect(conv().dataSync()).toEqual(expected);
  });
});

describe('the threads of the runtime', () => {
  it('count as one after a worker has died', async () => {
    const { stdout } = await inProcess(`
      const { Worker } = await import('node:worker_threads');
      let worker;
      const { postMessage } = Worker.prototype;
      Worker.prototype.postMessage = function (message, ...rest) {
        if (message.board) worker = this;
        return postMessage.call(this, message, ...rest);
      };
      const warnings = [];
      const runtime = await wasmRuntime(2, (text) => warnings.push(text));
      const before = runtime.threads;
      await worker.terminate();
      await new Promise((resolve) => setTimeout(resolve, 100));
      console.log(JSON.stringify({ threads: [before, runtime.threads], warnings: warnings.length }));
      process.exit();
    `);
    expect(JSON.parse(stdout)).toEqual({ threads: [2, 1], warnings: 1 });
  });
});
