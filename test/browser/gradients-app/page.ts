/** A page that compares the gradients composed on a GPU with those of the wasm kernels. */
import '@tensorflow/tfjs-backend-wasm/dist/register_all_kernels.js';
import { useBackend } from '../../../src/backend/current.ts';
import { webgl } from '../../../src/backend/webgl.ts';
import { webgpu } from '../../../src/backend/webgpu.ts';
import type { PresetName } from '../../../src/model/presets.ts';
import { trainingRuntime } from '../../../src/training/training-runtime.ts';
import { presetGradients, unlike } from '../../../support/reference/composed-gradients.ts';

const GPUS = { webgl, webgpu };

export interface Comparison {
  tensors: number;
  /** Those that differ. */
  unlike: string[];
}

declare global {
  var compareGradients: (gpu: keyof typeof GPUS, preset: PresetName) => Promise<Comparison>;
}

globalThis.compareGradients = async (gpu, preset) => {
  await trainingRuntime(1);
  const expected = await presetGradients(preset);
  await GPUS[gpu].start();
  useBackend(gpu);
  const found = await presetGradients(preset);
  return { tensors: found.size, unlike: unlike(found, expected) };
};
