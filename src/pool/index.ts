/**
 * Entry point refinedet/pool.
 * @module refinedet/pool
 */
export type { Detector } from '../detector-contract.ts';
export type { WorkerLike } from '../remote/web-wire.ts';
export { createPool, type PoolOptions } from './create-pool.ts';
export { DetectorPool } from './detector-pool.ts';
