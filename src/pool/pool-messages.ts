/** Messages between a pool and its workers. */
import type { Detection } from '../boxes.ts';
import type { DetectOptions } from '../detection/detect-options.ts';
import type { ImageSource } from '../detection/image-source.ts';
import type { ModelSource } from '../detection/load-model.ts';
import type { LoadOptions } from '../detection/load-options.ts';
import type { BackendName, Compute, StageTimings } from '../engine/engine.ts';
import type { NativeBackend } from '../engine/native-backend.ts';
import type { SentError } from '../remote/sent-error.ts';

/** Argument of `load`, the first call, whose answer is an `Architecture`. */
export interface LoadRequest {
  source: ModelSource;
  options: Pick<LoadOptions, 'compute' | 'threads' | 'inputSize' | 'warmUp' | 'cache'> & {
    /** A name, or the settings of a native backend. */
    backend?: BackendName | 'auto' | Pick<NativeBackend, 'session'>;
    wasm?: string;
  };
}

/** Argument of `binary`, which follows the event of this name: tfjs' wasm binary. */
export type SentBinary = { binary: BufferSource } | { error: SentError };

/** Argument of `detect`, and its answer. */
export interface DetectRequest {
  image: ImageSource;
  options: Omit<DetectOptions, 'signal' | 'onTimings'>;
}
export interface Detected {
  detections: Detection[];
  timings: StageTimings;
}

/** Data of the event `state`, which is sent before the answer of the call that changed it. */
export interface WorkerState {
  backend: BackendName;
  compute: Compute;
  threads: number;
  heapBytes: number;
}
