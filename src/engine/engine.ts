/** What carries out a detection: one model on one backend. */
import type * as tf from '@tensorflow/tfjs-core';
import type { TfjsBackend } from '../backend/tfjs.ts';
import type { Size, View } from '../detection/views.ts';
import type { HeadMap } from '../heads.ts';
import type { RawImage } from '../image/raw-image.ts';
import type { Kernels } from '../kernels/module.ts';
import type { RawDetections } from '../kernels/postprocess.ts';
import type { PostprocessOptions } from '../kernels/postprocess-options.ts';

/** Where a network runs: a backend of tfjs, by its name. */
export type BackendName = 'wasm' | TfjsBackend['name'];

/** Milliseconds of the stages of one detection, all views together. */
export interface StageTimings {
  /** Reading and decoding the image. */
  decode: number;
  /** Resizing and normalizing. */
  resize: number;
  /** The network; on a GPU with the way there and back. */
  network: number;
  /** From head outputs to detections. */
  postprocess: number;
}

export interface Engine {
  readonly backend: BackendName;
  /** Threads of the wasm backend; 1 on the others. */
  readonly threads: number;
  /** For the work on whole images. */
  readonly kernels: Kernels;
  /** Detections worth having under way at a time. */
  readonly lanes: number;
  /**
   * Detections of one view, normalized to its crop.
   * @param timings its stages are added to
   */
  run(
    image: RawImage,
    view: View,
    options: PostprocessOptions,
    timings: StageTimings,
  ): Promise<RawDetections>;
  /** Raw heads of a normalized batch [B, height, width, 3]; the caller disposes them. */
  forward(input: tf.Tensor4D): HeadMap<tf.Tensor3D>;
  /** Runs the network once, so that the first image does not pay for compilation. */
  warmUp(size: Size): Promise<void>;
  dispose(): void;
}

export function noTimings(): StageTimings {
  return { decode: 0, resize: 0, network: 0, postprocess: 0 };
}

/** Adds up the time between its calls, by stage. */
export function stopwatch(timings: StageTimings): (finished: keyof StageTimings) => void {
  let last = performance.now();
  return (finished) => {
    const now = performance.now();
    timings[finished] += now - last;
    last = now;
  };
}
