/** Starts the replicas of a run, in workers or, for a single one, in this thread. */
import type { TfjsBackend } from '../../backend/tfjs.ts';
import type { Model } from '../../model/model.ts';
import type { WorkerWire } from '../../remote/wire.ts';
import type { TrainConfig } from '../config/train-config.ts';
import type { TrainingData } from '../data/training-set.ts';
import type { TrainingMemory } from '../memory/training-memory.ts';
import type { TrainingHost } from '../run/training-host.ts';
import { startRemoteReplica } from './remote-replica.ts';
import type { Replica, ReplicaSetup } from './replica-protocol.ts';

export interface ReplicaOptions {
  config: TrainConfig;
  data: TrainingData;
  model: Model;
  /** See {@link ReplicaSetup}. */
  teacher?: Model;
}

/**
 * Starts the replicas.
 * @param gpu backend for a single replica in this thread
 * @throws BACKEND_UNAVAILABLE, MISSING_DEPENDENCY, OUT_OF_MEMORY, WORKER_CRASHED
 */
export async function startReplicas(
  { config, data, model, teacher }: ReplicaOptions,
  memory: TrainingMemory,
  host: TrainingHost,
  gpu?: TfjsBackend,
): Promise<Replica[]> {
  const { augmentation, difficult, loss, seed } = config;
  const { images } = data.train;
  const options = { augmentation, difficult, loss, seed };
  const setup: ReplicaSetup = { model, teacher, images, ...options, threads: 1 };
  if (memory.gradients.length === 1) {
    const { LocalReplica } = await import('./replica.ts');
    return [await LocalReplica.start(setup, memory.local(0), gpu)];
  }
  const wires: WorkerWire[] = [];
  try {
    for (const _ of memory.gradients) wires.push(host.startWorker());
    return await Promise.all(
      wires.map((wire, i) => startRemoteReplica(wire, setup, memory.places(i))),
    );
  } catch (error) {
    await Promise.all(wires.map((wire) => wire.terminate()));
    throw error;
  }
}
