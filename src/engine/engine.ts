/** An engine runs detections: one model on one backend. */
import type * as tf from '@tensorflow/tfjs-core';
import type { TfjsBackend } from '../backend/tfjs.ts';
import type { Size, View } from '../detection/views.ts';
import type { HeadMap } from '../heads.ts';
import type { RawImage } from '../image/raw-image.ts';
import type { Kernels } from '../kernels/module.ts';
import type { RawDetections } from '../kernels/postprocess.ts';
import type { PostprocessOptions } from '../kernels/postprocess-options.ts';

/** Name of the backend that runs a network: a backend of tfjs, or ONNX Runtime in native code. */
export type BackendName = 'wasm' | TfjsBackend['name'] | 'onnxruntime';

/**
 * Whether a backend keeps the thread that calls it busy until it has finished: a GPU computes while the next image
 * is prepared.
 */
export function isBlocking(backend: BackendName | undefined): boolean {
  return backend === 'wasm' || backend === 'onnxruntime';
}

/** Numbers that a network computes with. */
export type Compute = 'float32' | 'int8';

/** Milliseconds per stage of one detection, summed over all views. */
export interface StageTimings {
  /** Reading and decoding the image. */
  decode: number;
  /** Resizing and normalizing. */
  resize: number;
  /** Running the network; on a GPU this includes both transfers. */
  network: number;
  /** Converting head outputs to detections. */
  postprocess: number;
}

export interface Engine {
  readonly backend: BackendName;
  readonly compute: Compute;
  /** Threads of the wasm backend or of ONNX Runtime; 1 on the others. */
  readonly threads: number;
  /** Kernels for work on whole images. */
  readonly kernels: Kernels;
  /** Number of images that the engine works on at the same time. */
  readonly capacity: number;
  /**
   * Detects objects in one view; boxes are normalized to its crop.
   * @param timings receives the added time of the stages
   */
  run(
    image: RawImage,
    view: View,
    options: PostprocessOptions,
    timings: StageTimings,
  ): Promise<RawDetections>;
  /** Returns raw heads of a normalized batch [B, height, width, 3]; the caller disposes them. */
  forward(input: tf.Tensor4D): HeadMap<tf.Tensor3D>;
  /** Runs the network once, so that the first image does not pay for compilation. */
  warmUp(size: Size): Promise<void>;
  dispose(): void;
}

export function noTimings(): StageTimings {
  return { decode: 0, resize: 0, network: 0, postprocess: 0 };
}

/** Returns a function that adds the time since its last call to a stage. */
export function stopwatch(timings: StageTimings): (finished: keyof StageTimings) => void {
  let last = performance.now();
  return (finished) => {
    const now = performance.now();
    timings[finished] += now - last;
    last = now;
  };
}
