import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasLayerKernels } from '../../src/kernels/layers/index.ts';
import { trainingRuntime } from '../../src/training/training-runtime.ts';
import {
  presetGradients,
  TRAINED_PRESETS,
  unlike,
} from '../../support/reference/composed-gradients.ts';

beforeAll(() => trainingRuntime(1));
afterAll(() => tf.setBackend('wasm'));

describe.each(TRAINED_PRESETS)('the gradients of %s', (preset) => {
  it('are the same composed on the cpu backend and from the kernels', async () => {
    await tf.setBackend('wasm');
    expect(hasLayerKernels()).toBe(true);
    const expected = await presetGradients(preset);
    expect(expected.size).toBeGreaterThan(5);
    await tf.setBackend('cpu');
    expect(hasLayerKernels()).toBe(false);
    expect(unlike(await presetGradients(preset), expected)).toEqual([]);
  }, 600_000);
});
