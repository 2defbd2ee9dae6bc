/** Detects in image files, in this thread or in several workers. */
import { availableParallelism } from 'node:os';
import type { Detector } from '../detector-contract.ts';
import { naming, RefineDetError } from '../errors.ts';
import type { Model } from '../model/model.ts';
import type { PoolOptions } from '../pool/create-pool.ts';
import type { DetectorPool } from '../pool/detector-pool.ts';
import { MOST_WORKERS } from '../pool/pool-size.ts';
import type { ImageFinding, ImageJob } from './detect-image.ts';

export interface Runner {
  /** In this thread or, where there are several workers, a pool. */
  detector: Detector;
  /** @throws what decoding and detection throw; WORKER_CRASHED */
  run(job: ImageJob, signal?: AbortSignal): Promise<ImageFinding>;
}

/** Number of workers that `--workers` asks for, at most one per image. */
export function workersFor(images: number, given: 'auto' | number = 1): number {
  return Math.min(given === 'auto' ? availableParallelism() : given, images, MOST_WORKERS);
}

/** @param options of each worker */
export async function startRunner(
  model: Model,
  { workers, ...options }: PoolOptions & { workers: number },
): Promise<Runner> {
  if (workers <= 1) {
    const { RefineDet } = await import('../detector.ts');
    const { backend: name = 'wasm' } = options;
    const isGpu = name === 'webgpu';
    const backend = isGpu ? (await import('../backend/webgpu.ts')).webgpu : name;
    return runnerOf(await RefineDet.load(model, { ...options, backend }));
  }
  return startWorkers(model, { ...options, workers });
}

/** Runs jobs with any detector; this thread decodes and draws. */
export async function runnerOf(detector: Detector): Promise<Runner> {
  const { detectImage } = await import('./detect-image.ts');
  return { detector, run: (job, signal) => detectImage(detector, job, { signal }) };
}

/** Starts workers that decode and draw too, so that this thread stays free. */
export async function startWorkers(model: Model, options: PoolOptions): Promise<Runner> {
  const { startPool } = await import('../pool/create-pool.ts');
  const { startThreadWorker } = await import('../remote/node-wire.ts');
  const { backend = 'wasm' } = options;
  const start = () => startThreadWorker('image-worker', import.meta.url);
  return poolRunner(await startPool(model, { ...options, backend }, start));
}

/** Runs jobs in a pool whose workers run the program `image-worker`. */
export function poolRunner(detector: DetectorPool): Runner {
  return {
    detector,
    async run(job, signal) {
      // Bytes that share their buffer with others are copied instead.
      const { buffer, byteLength } = job.bytes;
      const isWhole = buffer instanceof ArrayBuffer && buffer.byteLength === byteLength;
      const pack = () => ({ argument: job, transfer: isWhole ? [buffer] : [] });
      try {
        return await detector.call<ImageFinding>('detectImage', pack, signal);
      } catch (error) {
        const isCrash = error instanceof RefineDetError && error.code === 'WORKER_CRASHED';
        throw isCrash ? naming(job.file, error) : error;
      }
    },
  };
}
