/**
 * Entry point refinedet/webgl: runs the network on the GPU with tfjs' WebGL backend.
 * @module refinedet/webgl
 */
import type { MathBackendWebGL } from '@tensorflow/tfjs-backend-webgl';
import * as tf from '@tensorflow/tfjs-core';
import { softwareRenderer, type TfjsBackend, tfjsBackend } from './tfjs.ts';

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
    const { gl } = backend.gpgpu;
    const { canvas } = gl;
    const lost = new Promise<string>((resolve) => {
      const listener = () => resolve('the WebGL context was lost');
      canvas.addEventListener('webglcontextlost', listener, { once: true });
    });
    const unmasked = gl.getExtension('WEBGL_debug_renderer_info')?.UNMASKED_RENDERER_WEBGL;
    const renderer = gl.getParameter(unmasked ?? gl.RENDERER);
    return { lost, software: softwareRenderer(renderer) };
  },
);

export type { TfjsBackend } from './tfjs.ts';
