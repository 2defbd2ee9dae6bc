/**
 * Entry point refinedet/cpu: the network in plain JavaScript by tfjs' cpu backend. Slow, and computed
 * by other code than the rest: something to compare with.
 * @module refinedet/cpu
 */
import * as tf from '@tensorflow/tfjs-core';
import { type TfjsBackend, tfjsBackend } from './tfjs.ts';

/** For `backend` of the load options. Needs the package @tensorflow/tfjs-backend-cpu. */
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
