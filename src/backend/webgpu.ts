/**
 * Entry point refinedet/webgpu: runs the network on the GPU with tfjs' WebGPU backend, in browsers, and
 * in Node with the package `webgpu`.
 * @module refinedet/webgpu
 */
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import * as tf from '@tensorflow/tfjs-core';
import { openGpu } from '#platform';
import { softwareRenderer, type TfjsBackend, tfjsBackend } from './tfjs.ts';

/** Option `backend` or `gpu` of `load`. Needs the package @tensorflow/tfjs-backend-webgpu. */
export const webgpu: TfjsBackend = tfjsBackend(
  'webgpu',
  () => import('@tensorflow/tfjs-backend-webgpu'),
  async (tfjs) => {
    const running = tf.engine().registry['webgpu'] as unknown as Started | undefined;
    const { device, software } = running ?? (await startBackend(tfjs)) ?? {};
    return (
      device && {
        lost: device.lost.then(({ message }) => `the WebGPU device was lost: ${message}`),
        software,
      }
    );
  },
);

interface Started {
  device: Pick<WebGPUBackend['device'], 'lost'>;
  software?: string;
}

/** tfjs' own start-up requests the adapter in ways that Node and some browsers do not support. */
async function startBackend(
  tfjs: typeof import('@tensorflow/tfjs-backend-webgpu'),
): Promise<Started | undefined> {
  const gpu = await openGpu();
  const adapter = await gpu?.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) return undefined;
  const device = await adapter.requestDevice({ requiredLimits: limitsOf(adapter.limits) });
  const backend = new tfjs.WebGPUBackend(device as never, adapter.info as never);
  if (tf.findBackendFactory('webgpu')) tf.removeBackend('webgpu');
  tf.registerBackend('webgpu', () => backend);
  const { architecture, description } = adapter.info as Record<string, unknown>;
  return { device: backend.device, software: softwareRenderer(architecture, description) };
}

/** Limits that tfjs requests; the defaults are too small for some feature maps. */
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
