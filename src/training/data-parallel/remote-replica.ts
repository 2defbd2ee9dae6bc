/** A replica in a worker. Both ends of the conversation are here; platforms add the channel. */
import type { Detection } from '../../boxes.ts';
import type { ModuleCounts } from '../loss/detection-loss.ts';
import { answerCalls, Caller, type Port, type WorkerPort } from './port.ts';
import type {
  Replica,
  ReplicaSetup,
  SharedBuffers,
  SliceJob,
  SliceResult,
} from './replica-protocol.ts';

/** Shared memory and where the buffers lie in it. */
export interface SharedPlaces {
  memory: SharedArrayBuffer;
  /** Floats of a buffer. */
  length: number;
  /** Byte offsets. */
  weights: number;
  gradients: number;
  averages: number;
}

interface Start {
  setup: ReplicaSetup;
  places: SharedPlaces;
}

export class RemoteReplica implements Replica {
  readonly #caller: Caller;

  private constructor(caller: Caller) {
    this.#caller = caller;
  }

  /** @throws what {@link LocalReplica.start} throws; UNEXPECTED when the worker dies */
  static async start(
    port: WorkerPort,
    setup: ReplicaSetup,
    places: SharedPlaces,
  ): Promise<RemoteReplica> {
    const caller = new Caller(port);
    await caller.call('start', { setup, places } satisfies Start);
    return new RemoteReplica(caller);
  }

  prepare(job: SliceJob): Promise<void> {
    return this.#caller.call('prepare', job) as Promise<void>;
  }

  match(frozen: readonly string[]): Promise<ModuleCounts> {
    return this.#caller.call('match', frozen) as Promise<ModuleCounts>;
  }

  differentiate(positives: ModuleCounts): Promise<SliceResult> {
    return this.#caller.call('differentiate', positives) as Promise<SliceResult>;
  }

  beginDetecting(): Promise<void> {
    return this.#caller.call('beginDetecting') as Promise<void>;
  }

  detect(path: string): Promise<Detection[]> {
    return this.#caller.call('detect', path) as Promise<Detection[]>;
  }

  endDetecting(): Promise<void> {
    return this.#caller.call('endDetecting') as Promise<void>;
  }

  dispose(): Promise<void> {
    return this.#caller.terminate();
  }
}

/** The program of a worker: waits for `start`, then answers the calls to its replica. */
export function serveReplica(port: Port): void {
  let replica: Replica | undefined;
  answerCalls(port, async (method, argument) => {
    if (method !== 'start') return callReplica(replica!, method, argument);
    // Not before it is needed: the worker says early that it is alive.
    const { LocalReplica } = await import('./replica.ts');
    const { setup, places } = argument as Start;
    replica = await LocalReplica.start(setup, viewsOf(places));
    return undefined;
  });
}

function viewsOf({ memory, length, ...at }: SharedPlaces): SharedBuffers {
  const weights = new Float32Array(memory, at.weights, length);
  const gradients = new Float32Array(memory, at.gradients, length);
  const averages = new Float32Array(memory, at.averages, length);
  return { weights: () => weights, gradients: () => gradients, averages: () => averages };
}

function callReplica(replica: Replica, method: string, argument: unknown): Promise<unknown> {
  switch (method as keyof Replica) {
    case 'prepare':
      return replica.prepare(argument as SliceJob);
    case 'match':
      return replica.match(argument as readonly string[]);
    case 'differentiate':
      return replica.differentiate(argument as ModuleCounts);
    case 'beginDetecting':
      return replica.beginDetecting();
    case 'detect':
      return replica.detect(argument as string);
    case 'endDetecting':
      return replica.endDetecting();
    case 'dispose':
      return replica.dispose();
  }
}
