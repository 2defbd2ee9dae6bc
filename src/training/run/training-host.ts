/** The platform functions that training needs. */
import type { WorkerWire } from '../../remote/wire.ts';
import type { TrainConfig } from '../config/train-config.ts';
import type { TrainingData } from '../data/training-set.ts';

export interface TrainingHost {
  /** Starts a worker that runs `serveReplica`. */
  startWorker(): WorkerWire;
  /** Returns why workers with shared memory are unavailable, or undefined when they are available. */
  workersUnavailable(): string | undefined;
  /** Reads the datasets of the configuration. */
  loadData(config: TrainConfig): Promise<TrainingData>;
}
