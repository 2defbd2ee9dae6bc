/**
 * Entry point refinedet/fleet: detection in collections of any size, in shards that resume.
 * @module refinedet/fleet
 */
export type { ImageResult } from '../rounding.ts';
export type { ImageEvents } from './detect-shard.ts';
export { type FailedImage, type MergedImage, mergeManifest } from './merge-shards.ts';
export { type Plan, type PlanOptions, planManifest } from './plan-run.ts';
export {
  type RunOptions,
  type RunPart,
  type RunStart,
  type RunSummary,
  runManifest,
} from './run-shards.ts';
export type { ShardOutcome, ShardWorkerOptions, WorkerEvents } from './shard-worker.ts';
export type { StorageOptions } from './storage/storage.ts';
export type { StoredFile } from './storage/store.ts';
export type { FailedTask } from './task-queue.ts';
