/** What every detector offers, in whichever thread its network runs. */
import type { Detection } from './boxes.ts';
import type { DetectOptions } from './detection/detect-options.ts';
import type { ImageSource } from './detection/image-source.ts';
import type { BackendName } from './engine/engine.ts';
import type { InputSize } from './model/input-size.ts';
import type { ModelConfig } from './model/model.ts';
import type { StreamSource } from './stream/frames.ts';
import type { StreamOptions, StreamResult } from './stream/stream.ts';

/** A loaded model, ready to detect: `RefineDet` in this thread, `DetectorPool` in workers. */
export interface Detector {
  /** What the model is: preset, input size, classes, normalization, provenance. */
  readonly config: ModelConfig;
  /** Class names; `Detection.classId` is the index. */
  readonly classes: readonly string[];
  /** Where the network runs, of a pool in its first worker; `wasm` when the GPU is taken away. */
  readonly backend: BackendName;
  /** Threads in use, of all workers together. */
  readonly threads: number;
  /** Bytes of wasm heap in use, of all workers together; it grows with the images, never shrinks. */
  readonly heapBytes: number;
  /** Images worth having under way at a time: one more than are detected, to be read ahead. */
  readonly lanes: number;
  /**
   * Objects in one image, best first.
   * @throws IMAGE_*, FILE_NOT_FOUND, FETCH_FAILED, INVALID_OPTION, INVALID_ARGUMENT, UNKNOWN_CLASS,
   *   ABORTED, DISPOSED, WORKER_CRASHED
   */
  detect(image: ImageSource, options?: DetectOptions): Promise<Detection[]>;
  /**
   * Objects in several images, in their order. The first failure rejects.
   * @throws as {@link detect}
   */
  detectBatch(images: readonly ImageSource[], options?: DetectOptions): Promise<Detection[][]>;
  /**
   * Detects in every frame of a video, a camera or a series of images, as an async iterator. A pool
   * hands video frames and bitmaps over to its workers; it does not copy them.
   * @see detectStream
   */
  stream(
    source: StreamSource,
    options?: StreamOptions,
  ): AsyncGenerator<StreamResult, void, undefined>;
  /**
   * The anchors that the rows of `RefineDet.forward`'s outputs refer to, as `postprocess` takes them.
   * @param inputSize of the network's input, a side or `{ width, height }`; default: the model's
   * @returns [N, 4] cx, cy, w, h, normalized
   * @throws INVALID_OPTION
   */
  anchors(inputSize?: InputSize): Float32Array;
  /** Gives the memory back; later calls fail with DISPOSED. A pool resolves when its workers ended. */
  dispose(): void | Promise<void>;
  /** For `using`. */
  [Symbol.dispose](): void;
}
