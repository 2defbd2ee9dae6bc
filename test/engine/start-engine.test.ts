/** `backend: 'auto'` beside a native backend that fails. */
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Engine } from '../../src/engine/engine.ts';
import type { NativeBackend } from '../../src/engine/native-backend.ts';
import { WasmEngine } from '../../src/engine/wasm-engine.ts';
import { RefineDetError } from '../../src/errors.ts';
import { type LoadOptions, RefineDet } from '../../src/index.ts';
import { randomModel } from '../../support/models/random-model.ts';

/** What `auto` finds by itself, in the place of onnxruntime-node. */
let installed: NativeBackend | undefined;
vi.mock('../../src/engine/node-native.ts', async (original) => ({
  ...(await original<typeof import('../../src/engine/node-native.ts')>()),
  loadNative: async () => installed,
}));

const STAGES = ['start', 'warmUp', 'run'] as const;
type Stage = (typeof STAGES)[number];
const ERRORS: [code: string, error: Error][] = [
  ['OUT_OF_MEMORY', new RefineDetError('OUT_OF_MEMORY', 'it failed')],
  ['INVALID_ARGUMENT', new RefineDetError('INVALID_ARGUMENT', 'it failed')],
  ['BACKEND_UNAVAILABLE', new RefineDetError('BACKEND_UNAVAILABLE', 'it failed')],
  ['UNEXPECTED', new Error('it failed')],
];
const UNTOLERATED = ERRORS.filter(([code]) => code !== 'BACKEND_UNAVAILABLE');
/** Each error at each stage. */
const atStages = (errors: typeof ERRORS) =>
  STAGES.flatMap((stage) => errors.map(([code, error]) => [code, stage, error] as const));

/** Engines of native backends that have started and are not disposed. */
let running = 0;

/** A native backend that takes no time, or fails at a stage. */
function native(failing?: Stage, error?: Error): NativeBackend {
  const reach = async (stage: Stage) => {
    if (stage === failing) throw error;
  };
  const engine = {
    backend: 'onnxruntime',
    compute: 'float32',
    threads: 1,
    capacity: 1,
    warmUp: () => reach('warmUp'),
    run: () => reach('run'),
    dispose: () => running--,
  } as unknown as Engine;
  const start = async () => {
    await reach('start');
    running++;
    return engine;
  };
  return { backend: 'onnxruntime', session: {}, start };
}

const MODEL = randomModel(64);
let notes: string[] = [];
const load = (options: LoadOptions) =>
  RefineDet.load(MODEL, {
    backend: 'auto',
    threads: 1,
    info: (note) => notes.push(note),
    ...options,
  });

/** Tensors of the kernels that the first detector of a process leaves behind. */
let tensors = 0;
beforeAll(async () => {
  (await load({ backend: 'wasm' })).dispose();
  tensors = tf.memory().numTensors;
});

/** Every test leaves nothing. */
afterEach(() => {
  vi.restoreAllMocks();
  installed = undefined;
  notes = [];
  expect([running, tf.memory().numTensors]).toEqual([0, tensors]);
});

const RUNS_ON_WASM = expect.stringMatching(/^refinedet runs on wasm: wasm [\d.]+ ms an image$/);

describe('a backend that auto finds by itself', () => {
  it.each(atStages(ERRORS))(
    'is left out with a note after %s in %s',
    async (code, stage, error) => {
      installed = native(stage, error);
      const detector = await load({});
      expect(notes).toEqual([
        `refinedet leaves onnxruntime out: it failed [${code}]`,
        RUNS_ON_WASM,
      ]);
      expect([detector.backend, running]).toEqual(['wasm', 0]);
      await detector.detect('examples/cat.jpg');
      expect(tf.memory().numTensors).toBeGreaterThan(tensors);
      detector.dispose();
    },
  );

  it('is not mentioned when its package is not installed', async () => {
    installed = native('start', new RefineDetError('MISSING_DEPENDENCY', 'npm install it'));
    (await load({})).dispose();
    expect(notes).toEqual([RUNS_ON_WASM]);
  });

  it('replaces wasm when it is faster', async () => {
    installed = native();
    const detector = await load({});
    expect([detector.backend, running]).toEqual(['onnxruntime', 1]);
    expect(tf.memory().numTensors).toBe(tensors);
    detector.dispose();
  });
});

describe('a backend that the caller names', () => {
  it.each(atStages(UNTOLERATED))(
    'fails with its own error: %s in %s, and no engine stays',
    async (_, stage, error) => {
      await expect(load({ gpu: [native(stage, error)] })).rejects.toBe(error);
    },
  );

  it.each(STAGES)('is noted when it is unavailable in %s', async (stage) => {
    const error = new RefineDetError('BACKEND_UNAVAILABLE', 'it failed');
    const detector = await load({ gpu: [native(stage, error)] });
    expect(notes).toEqual(['refinedet: it failed', RUNS_ON_WASM]);
    expect([detector.backend, running]).toEqual(['wasm', 0]);
    detector.dispose();
  });
});

describe('no engine stays', () => {
  it('when the last note fails', async () => {
    installed = native();
    const error = new Error('the log is full');
    const info = () => {
      throw error;
    };
    await expect(load({ info })).rejects.toBe(error);
  });

  it('when wasm fails while it is timed', async () => {
    const error = new RefineDetError('OUT_OF_MEMORY', 'it failed');
    vi.spyOn(WasmEngine.prototype, 'run').mockRejectedValue(error);
    await expect(load({})).rejects.toBe(error);
  });
});
