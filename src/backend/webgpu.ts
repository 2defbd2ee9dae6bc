/**
 * Entry point refinedet/webgpu: the network on the GPU by tfjs' WebGPU backend, in browsers, and in
 * Node with the package `webgpu`.
 */
import * as tf from '@tensorflow/tfjs-core';
import { openGpu } from '#platform';
import { type GpuBackend, gpuBackend } from './gpu.ts';

/** For `gpu` of the load options. Needs the package @tensorflow/tfjs-backend-webgpu. */
export const webgpu: GpuBackend = gpuBackend(
  'webgpu',
  () => import('@tensorflow/tfjs-backend-webgpu'),
  async ({ WebGPUBackend }) => {
    const gpu = await openGpu();
    const adapter = await gpu?.requestAdapter({ powerPreference: 'high-performance' });
    if (!adapter) return undefined;
    const device = await adapter.requestDevice({ requiredLimits: limitsOf(adapter.limits) });
    tf.registerBackend('webgpu', () => new WebGPUBackend(device as never, adapter.info as never));
    return { lost: device.lost.then(({ message }) => `the WebGPU device was lost: ${message}`) };
  },
);

/** What tfjs asks for; the defaults are too small for some maps. */
const LIMITS = [
  'maxComputeWorkgroupStorageSize',
  'maxComputeWorkgroupsPerDimension',
  'maxStorageBufferBindingSize',
  'maxBufferSize',
  'maxComputeWorkgroupSizeX',
  'maxComputeInvocationsPerWorkgroup',
];

function limitsOf(limits: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(LIMITS.map((name) => [name, limits[name]]));
}

export type { GpuBackend } from './gpu.ts';
