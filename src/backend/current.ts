/** tfjs has one current backend; detectors on different backends take turns in a process. */
import * as tf from '@tensorflow/tfjs-core';

/** Makes a started backend the current one. Takes effect at once, not after the next await. */
export function useBackend(name: string): void {
  if (tf.getBackend() === name && tf.engine().backend === tf.findBackend(name)) return;
  void tf.setBackend(name);
}
