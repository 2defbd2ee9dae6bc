/**
 * Entry point refinedet/webgpu: the network on the GPU by tfjs' WebGPU backend, in browsers, and in
 * Node with the package `webgpu`.
 * @module refinedet/webgpu
 */
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import * as tf from '@tensorflow/tfjs-core';
import { openGpu } from '#platform';
import { type TfjsBackend, tfjsBackend } from './tfjs.ts';

/** For `backend` or `gpu` of the load options. Needs the package @tensorflow/tfjs-backend-webgpu. */
export const webgpu: TfjsBackend = tfjsBackend(
  'webgpu',
  () => import('@tensorflow/tfjs-backend-webgpu'),
  async (tfjs) => {
    const running = tf.engine().registry['webgpu'] as WebGPUBackend | undefined;
    const device = running?.device ?? (await startBackend(tfjs));
    return (
      device && {
        lost: device.lost.then(({ message }) => `the WebGPU device was lost: ${message}`),
      }
    );
  },
);

/** tfjs' own start-up asks for the adapter in ways that Node and some browsers do not know. */
async function startBackend(
  tfjs: typeof import('@tensorflow/tfjs-backend-webgpu'),
): Promise<Pick<WebGPUBackend['device'], 'lost'> | undefined> {
  const gpu = await openGpu();
  const adapter = await gpu?.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) return undefined;
  const device = await adapter.requestDevice({ requiredLimits: limitsOf(adapter.limits) });
  const backend = new tfjs.WebGPUBackend(device as never, adapter.info as never);
  if (tf.findBackendFactory('webgpu')) tf.removeBackend('webgpu');
  tf.registerBackend('webgpu', () => backend);
  return backend.device;
}

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

export type { TfjsBackend } from './tfjs.ts';
