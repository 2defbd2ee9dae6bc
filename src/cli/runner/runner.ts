/** Detects in image files, in this thread or in several workers. */
import { availableParallelism } from 'node:os';
import type { Detector } from '../../detector-contract.ts';
import { naming, RefineDetError } from '../../errors.ts';
import type { Model } from '../../model/model.ts';
import type { PoolOptions } from '../../pool/create-pool.ts';
import { MOST_WORKERS } from '../../pool/pool-size.ts';
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
    const { RefineDet } = await import('../../detector.ts');
    const { detectImage } = await import('./detect-image.ts');
    const detector = await RefineDet.load(model, options);
    return { detector, run: (job, signal) => detectImage(detector, job, { signal }) };
  }
  const { startPool } = await import('../../pool/create-pool.ts');
  const { startThreadWorker } = await import('../../remote/node-wire.ts');
  const start = () => startThreadWorker('image-worker', import.meta.url);
  const detector = await startPool(model, { ...options, workers }, start);
  return {
    detector,
    async run(job, signal) {
      const pack = () => ({ argument: job, transfer: [] });
      try {
        return await detector.call<ImageFinding>('detectImage', pack, signal);
      } catch (error) {
        const isCrash = error instanceof RefineDetError && error.code === 'WORKER_CRASHED';
        throw isCrash ? naming(job.file, error) : error;
      }
    },
  };
}
