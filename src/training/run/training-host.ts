/** What training needs of the platform it runs on. */
import type { WorkerWire } from '../../remote/wire.ts';
import type { TrainConfig } from '../config/train-config.ts';
import type { TrainingData } from '../data/training-set.ts';

export interface TrainingHost {
  /** Starts a worker that runs `serveReplica`. */
  startWorker(): WorkerWire;
  /** Why there can be no workers that share memory, or undefined when there can. */
  workersUnavailable(): string | undefined;
  /** Reads what the configuration names. */
  loadData(config: TrainConfig): Promise<TrainingData>;
}
