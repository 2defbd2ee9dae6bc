/** What training needs of the platform it runs on. */
import type { TrainConfig } from '../config/train-config.ts';
import type { TrainingData } from '../data/training-set.ts';
import type { WorkerPort } from '../data-parallel/port.ts';

export interface TrainingHost {
  /** Starts a worker that runs `serveReplica`. */
  startWorker(): WorkerPort;
  /** Why there can be no workers that share memory, or undefined when there can. */
  workersUnavailable(): string | undefined;
  /** Reads what the configuration names. */
  loadData(config: TrainConfig): Promise<TrainingData>;
}
