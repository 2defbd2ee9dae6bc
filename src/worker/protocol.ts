/** What the client and the worker say to each other. */
import type { Detection } from '../boxes.ts';
import type { DetectOptions } from '../detection/detect-options.ts';
import type { ImageSource } from '../detection/image-source.ts';
import type { ModelSource } from '../detection/load-model.ts';
import type { BackendName, StageTimings } from '../engine/engine.ts';
import { type ErrorCode, RefineDetError } from '../errors.ts';
import type { ModelConfig } from '../model/model.ts';
import type { DownloadProgress } from '../platform/platform.ts';
import type { WorkerLoadOptions } from './client.ts';

/** Options that can be sent. */
export type SentLoadOptions = Pick<
  WorkerLoadOptions,
  'backend' | 'threads' | 'inputSize' | 'warmUp' | 'cache'
> & { wasm?: string };
export type SentDetectOptions = Omit<DetectOptions, 'signal' | 'onTimings'>;

export type Request =
  | {
      type: 'load';
      id: number;
      source: ModelSource;
      options: SentLoadOptions;
    }
  | { type: 'detect'; id: number; image: ImageSource; options: SentDetectOptions }
  | { type: 'binary'; binary: BufferSource }
  | { type: 'cancel'; id: number }
  | { type: 'dispose' };

export type Response =
  | { type: 'loaded'; id: number; config: ModelConfig; state: EngineState }
  | {
      type: 'detected';
      id: number;
      detections: Float64Array;
      timings: StageTimings;
      state: EngineState;
    }
  /** Asks for tfjs' wasm binary. */
  | { type: 'binary'; threaded: boolean }
  | { type: 'failed'; id: number; error: SentError }
  | { type: 'progress'; id: number; progress: DownloadProgress }
  | { type: 'warn' | 'info'; message: string };

/** What may change while a detector runs. */
export interface EngineState {
  backend: BackendName;
  threads: number;
  heapBytes: number;
}

export interface SentError {
  code: ErrorCode;
  message: string;
  details: readonly string[];
  stack: string | undefined;
}

/** Numbers of a detection: class id, score, x, y, width, height. */
const FIELDS = 6;

/** One buffer to hand over instead of many objects to clone. */
export function packDetections(detections: readonly Detection[]): Float64Array<ArrayBuffer> {
  const packed = new Float64Array(FIELDS * detections.length);
  detections.forEach(({ classId, score, box }, i) => {
    packed.set([classId, score, box.x, box.y, box.width, box.height], FIELDS * i);
  });
  return packed;
}

export function unpackDetections(packed: Float64Array, classes: readonly string[]): Detection[] {
  return Array.from({ length: packed.length / FIELDS }, (_, i) => {
    const [classId, score, x, y, width, height] = packed.subarray(FIELDS * i, FIELDS * (i + 1));
    return { label: classes[classId], classId, score, box: { x, y, width, height } };
  });
}

export function packError(error: unknown): SentError {
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  const { code, details } =
    error instanceof RefineDetError ? error : { code: 'UNEXPECTED' as const, details: [] };
  return { code, message, details, stack };
}

/** The same error on this side; its cause tells where it happened on the other. */
export function unpackError({ code, message, details, stack }: SentError): RefineDetError {
  const cause = new Error(message);
  cause.stack = stack;
  return new RefineDetError(code, message, { cause, details });
}
