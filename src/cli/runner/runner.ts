/** Runs a detector over images, in this thread or in several workers. */
import type { Threads } from '../../backend/wasm.ts';
import type { Detection } from '../../boxes.ts';
import type { DetectOptions } from '../../detection/detect-options.ts';
import type { Size } from '../../detection/views.ts';
import type { RefineDet } from '../../detector.ts';
import type { WritableFormat } from '../../image/node/encode.ts';
import type { Model } from '../../model/model.ts';

/** Plain data, so that it can go to a worker. */
export interface RunnerSetup {
  model: Model;
  /** Threads of the wasm backend; of each worker where there are several. */
  threads: Threads;
  /** Network input instead of the model's. */
  inputSize?: Size;
  /** Of every detection. */
  detect: Omit<DetectOptions, 'signal'>;
}

export interface ImageJob {
  /** How messages call the image. */
  file: string;
  /** A JPEG, PNG or WebP file. */
  bytes: Uint8Array;
  /** Return the image with boxes and labels drawn in, as such a file. */
  annotate?: WritableFormat;
}

/** What was found in one image. */
export interface ImageFinding {
  /** Pixels, the image upright. */
  width: number;
  height: number;
  detections: Detection[];
  /** The annotated image as a file, where asked for. */
  annotated?: Uint8Array;
}

export interface Runner {
  /** Images that can be under way at once. */
  readonly lanes: number;
  /** @throws what decoding and detection throw; UNEXPECTED when a worker crashes */
  run(job: ImageJob, signal?: AbortSignal): Promise<ImageFinding>;
  /** Ends the workers; images under way reject with ABORTED. */
  close(): Promise<void>;
}

/**
 * @param workers default 1: everything happens in this thread
 * @param warn receives one-sentence warnings
 */
export async function startRunner(
  setup: RunnerSetup,
  workers: number,
  warn: (message: string) => void,
): Promise<Runner> {
  if (workers > 1) {
    const { WorkerPool } = await import('./pool.ts');
    return WorkerPool.start(setup, workers);
  }
  const detector = await loadDetector(setup, warn);
  const { detectImage } = await import('./detect-image.ts');
  return {
    lanes: 1,
    run: (job, signal) => detectImage(detector, setup, job, signal),
    close: async () => detector.dispose(),
  };
}

export async function loadDetector(
  { model, threads, inputSize }: RunnerSetup,
  warn: (message: string) => void,
): Promise<RefineDet> {
  const { RefineDet } = await import('../../detector.ts');
  return RefineDet.load(model, { threads, inputSize, warn });
}
