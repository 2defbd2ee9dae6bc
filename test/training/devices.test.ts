import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { cpu } from '../../src/backend/cpu.ts';
import { ContextLost, type TfjsBackend } from '../../src/backend/tfjs.ts';
import { Interruption } from '../../src/interruption.ts';
import { NO_AUGMENTATION } from '../../src/training/augmentation/augmentation-options.ts';
import type { TrainOptions } from '../../src/training/config/train-config.ts';
import { decodeCheckpoint } from '../../src/training/run/checkpoint.ts';
import { RUN_FILES, type RunStore } from '../../src/training/run/run-store.ts';
import type { StepRecord } from '../../src/training/run/step-record.ts';
import { type TrainCallOptions, trainOn } from '../../src/training/run/train.ts';
import { sourceHost } from '../../support/node-workers.ts';
import { shapesDataset } from '../../support/scenes/shapes.ts';

/** Plain gradient descent, unlike AdamW, shows how large each gradient is. */
const OPTIONS: TrainOptions = {
  workers: 2,
  // Random weights: those of the packaged model amplify rounding on images of 64 pixels.
  init: null,
  batch: 2,
  steps: 4,
  inputSizes: [{ from: 0, sizes: [64] }],
  optimizer: { kind: 'sgd' },
  schedule: { kind: 'multistep', learningRate: 1e-3, warmupSteps: 0 },
  // Layers without gradients, layers that begin to learn during the run, and layers that always learn.
  freeze: [
    { layers: ['stem', 'block0', 'block1', 'block2', 'block3'], until: 0, rate: 0, rampSteps: 0 },
    { layers: ['block12', 'block13', 'last'], until: 0.5, rate: 0.5, rampSteps: 1 },
  ],
  augmentation: NO_AUGMENTATION,
};

const folder = mkdtempSync(path.join(tmpdir(), 'refinedet-devices-'));
afterAll(() => rmSync(folder, { recursive: true }));
const data = { train: await shapesDataset(folder, 4) };

interface Course {
  records: StepRecord[];
  files: Map<string, Uint8Array>;
}

function memoryStore(files: Map<string, Uint8Array>): RunStore {
  return {
    describe: (name) => name,
    read: async (name) => files.get(name),
    write: async (name, content) => {
      files.set(name, typeof content === 'string' ? new TextEncoder().encode(content) : content);
    },
    append: async (name, text) => {
      const before = new TextDecoder().decode(files.get(name));
      files.set(name, new TextEncoder().encode(before + text));
    },
  };
}

async function course(call: TrainCallOptions, options = OPTIONS, until = 4): Promise<Course> {
  const files = new Map<string, Uint8Array>();
  const records: StepRecord[] = [];
  for await (const record of trainOn(sourceHost, options, {
    data,
    store: memoryStore(files),
    ...call,
  })) {
    records.push(record);
    if (record.step === until) break;
  }
  return { records, files };
}

const stateOf = ({ files }: Course) => decodeCheckpoint(files.get(RUN_FILES.checkpoint)!, 'run');

/** The plain cpu backend, with a count of its starts. */
function counted(): TfjsBackend & { starts: number } {
  const backend = { ...cpu, starts: 0 };
  backend.start = () => {
    backend.starts++;
    return cpu.start();
  };
  return backend;
}

/** Largest difference of two weights. */
function compareWeights(a: Float32Array, b: Float32Array): number {
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0);
}

describe('a backend of tfjs as the device of a training', { timeout: 180_000 }, () => {
  it('takes the same steps as the wasm kernels', async () => {
    const gpu = counted();
    const [expected, found] = [await course({}), await course({ gpu })];
    expect(gpu.starts).toBeGreaterThan(0);
    expect(found.records).toHaveLength(4);
    for (const [i, { losses, gradientNorm }] of found.records.entries()) {
      for (const part of ['armConf', 'armLoc', 'odmConf', 'odmLoc', 'total'] as const) {
        const scale = Math.max(1, Math.abs(expected.records[i].losses[part]));
        expect(Math.abs(losses[part] - expected.records[i].losses[part]) / scale).toBeLessThan(
          1e-3,
        );
      }
      expect(gradientNorm / expected.records[i].gradientNorm).toBeCloseTo(1, 2);
    }
    const [ours, theirs] = [stateOf(found), stateOf(expected)];
    const begun = stateOf(await course({}, OPTIONS, 1));
    const moved = compareWeights(theirs.trainer.weights, begun.trainer.weights);
    expect(moved).toBeGreaterThan(1e-3);
    expect(compareWeights(ours.trainer.weights, theirs.trainer.weights)).toBeLessThan(0.01 * moved);
    // The backend is not part of the run.
    expect(ours.config).toEqual(theirs.config);
  });

  it('resumes a run of the wasm kernels', async () => {
    const expected = await course({});
    const { files } = await course({}, OPTIONS, 2);
    const call = { data, store: memoryStore(files), resume: true, gpu: counted() };
    const records: StepRecord[] = [];
    for await (const record of trainOn(sourceHost, {}, call)) records.push(record);
    expect(records.map(({ step }) => step)).toEqual([3, 4]);
    const [last] = [records.at(-1)!];
    expect(last.losses.total).toBeCloseTo(expected.records[3].losses.total, 2);
    expect(call.gpu.starts).toBeGreaterThan(0);
    expect(stateOf({ records, files }).config.workers).toBe(2);
  });

  it('ends with BACKEND_UNAVAILABLE when the device is lost, and keeps the steps before', async () => {
    const { start } = cpu;
    const device = { ...(await start()), loss: new Interruption() };
    const files = new Map<string, Uint8Array>();
    const call = { data, store: memoryStore(files), gpu: { ...cpu, start: async () => device } };
    const run = (async () => {
      for await (const { step } of trainOn(sourceHost, OPTIONS, call)) {
        if (step === 2) device.loss.raise(new ContextLost('the device was unplugged'));
      }
    })();
    await expect(run).rejects.toMatchObject({
      code: 'BACKEND_UNAVAILABLE',
      message: 'the device was unplugged',
    });
    expect(stateOf({ records: [], files }).trainer.step).toBe(2);
  });

  it('reports a missing device before it reads or writes anything', async () => {
    const files = new Map<string, Uint8Array>();
    const broken = {
      ...cpu,
      start: async () => {
        throw new Error('no such device');
      },
    };
    const begin = (gpu: unknown) =>
      trainOn(sourceHost, OPTIONS, {
        data,
        store: memoryStore(files),
        gpu: gpu as TfjsBackend,
      }).next();
    await expect(begin(broken)).rejects.toThrow('no such device');
    await expect(begin('webgpu')).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    expect(files.size).toBe(0);
  });
});
