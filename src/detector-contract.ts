/** The interface of every detector, independent of the thread that runs its network. */
import type { Detection } from './boxes.ts';
import type {
  BatchResult,
  DetectOptions,
  ReturnErrors,
  ThrowErrors,
} from './detection/detect-options.ts';
import type { ImageSource } from './detection/image-source.ts';
import type { BackendName, Compute } from './engine/engine.ts';
import type { InputSize } from './model/input-size.ts';
import type { ModelConfig } from './model/model.ts';
import type { StreamSource } from './stream/read-frames.ts';
import type { StreamOptions, StreamResult } from './stream/stream.ts';

/** A loaded model, ready to detect: `RefineDet` in this thread, `DetectorPool` in workers. */
export interface Detector {
  /** Description of the model: preset, input size, classes, normalization, provenance. */
  readonly config: ModelConfig;
  /** Class names; `Detection.classId` is the index. */
  readonly classes: readonly string[];
  /** Backend of the network (in a pool, of the first worker); becomes `wasm` when the GPU is lost. */
  readonly backend: BackendName;
  /** Numbers that the network computes with (in a pool, that of the first worker). */
  readonly compute: Compute;
  /** Number of threads in use, summed over all workers; 0 after `dispose`. */
  readonly threads: number;
  /** Bytes of wasm heap, summed over all workers; it grows with the images; 0 after `dispose`. */
  readonly heapBytes: number;
  /**
   * Number of concurrent calls of `detect` that keep the detector busy: one for each image that it works
   * on at the same time, and one whose image is read ahead. More calls wait.
   */
  readonly concurrency: number;
  /**
   * Detects objects in one image; the best comes first.
   * @throws IMAGE_*, FILE_NOT_FOUND, FETCH_FAILED, INVALID_OPTION, INVALID_ARGUMENT, UNKNOWN_CLASS,
   *   ABORTED, DISPOSED, WORKER_CRASHED
   */
  detect(image: ImageSource, options?: DetectOptions): Promise<Detection[]>;
  /**
   * Detects objects in several images; results keep their order, and the error of an image is in its
   * place.
   * @throws INVALID_ARGUMENT, INVALID_OPTION, UNKNOWN_CLASS, ABORTED, DISPOSED
   */
  detectBatch(images: readonly ImageSource[], options: ReturnErrors): Promise<BatchResult[]>;
  /**
   * Detects objects in several images; results keep their order. The first failure rejects, unless
   * `onError: 'return'` puts the error of an image in its place.
   * @throws as {@link detect}
   */
  detectBatch(images: readonly ImageSource[], options?: ThrowErrors): Promise<Detection[][]>;
  /**
   * Detects objects in every frame of a video, a camera or a series of images, as an async iterator.
   * A pool transfers video frames and bitmaps to its workers without a copy.
   * @see detectStream
   */
  stream(
    source: StreamSource,
    options?: StreamOptions,
  ): AsyncGenerator<StreamResult, void, undefined>;
  /**
   * Returns the anchors of the rows in the outputs of `RefineDet.forward`, in the form that
   * `postprocess` takes.
   * @param inputSize size of the network input, a side or `{ width, height }`; default: the model's
   * @returns [N, 4] cx, cy, w, h, normalized
   * @throws INVALID_OPTION
   */
  anchors(inputSize?: InputSize): Float32Array;
  /**
   * Frees the memory; later calls fail with DISPOSED. `RefineDet` first finishes the calls that run; a pool
   * ends them with DISPOSED, and resolves when its workers have ended.
   */
  dispose(): void | Promise<void>;
  /** Disposes the detector at the end of a `using` block. */
  [Symbol.dispose](): void;
}
