/**
 * Entry point refinedet/cpu: runs the network in plain JavaScript with tfjs' cpu backend. Slow, but
 * independent code to compare results with.
 * @module refinedet/cpu
 */
import * as tf from '@tensorflow/tfjs-core';
import { type TfjsBackend, tfjsBackend } from './tfjs.ts';

/** Option `backend` of `load`. Needs the package @tensorflow/tfjs-backend-cpu. */
export const cpu: TfjsBackend = tfjsBackend(
  'cpu',
  () => import('@tensorflow/tfjs-backend-cpu'),
  async (tfjs) => {
    if (!tf.findBackendFactory('cpu')) tf.registerBackend('cpu', () => new tfjs.MathBackendCPU());
    return tf.findBackend('cpu') ? { lost: NEVER } : undefined;
  },
);

const NEVER = new Promise<never>(() => {});

export type { TfjsBackend } from './tfjs.ts';
