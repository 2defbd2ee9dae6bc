/**
 * Entry point refinedet/webgl: runs the network on the GPU with tfjs' WebGL backend.
 * @module refinedet/webgl
 */
import type { MathBackendWebGL } from '@tensorflow/tfjs-backend-webgl';
import * as tf from '@tensorflow/tfjs-core';
import { type TfjsBackend, tfjsBackend } from './tfjs.ts';

/** Option `backend` or `gpu` of `load`. Needs the package @tensorflow/tfjs-backend-webgl. */
export const webgl: TfjsBackend = tfjsBackend(
  'webgl',
  () => import('@tensorflow/tfjs-backend-webgl'),
  async (tfjs) => {
    if (!tf.findBackendFactory('webgl')) {
      tf.registerBackend('webgl', () => new tfjs.MathBackendWebGL());
    }
    const backend = tf.findBackend('webgl') as MathBackendWebGL | null;
    if (!backend) return undefined;
    const { canvas } = backend.gpgpu.gl;
    const lost = new Promise<string>((resolve) => {
      const listener = () => resolve('the WebGL context was lost');
      canvas.addEventListener('webglcontextlost', listener, { once: true });
    });
    return { lost };
  },
);

export type { TfjsBackend } from './tfjs.ts';
