/** A replica in a worker: the calling and the answering end; platforms add the channel. */
import { Queue } from '../../detection/queue.ts';
import { RefineDetError } from '../../errors.ts';
import { answerCalls } from '../../remote/answer-calls.ts';
import { Channel } from '../../remote/channel.ts';
import type { ClientWire, WorkerWire } from '../../remote/wire.ts';
import type { Replica, ReplicaSetup, SharedBuffers } from './replica-protocol.ts';

/** Shared memory and the places of the buffers in it. */
export interface SharedPlaces {
  memory: SharedArrayBuffer;
  /** Number of floats in a buffer. */
  length: number;
  /** Byte offsets of the buffers. */
  weights: number;
  gradients: number;
  averages: number;
}

interface Start {
  setup: ReplicaSetup;
  places: SharedPlaces;
}

/** All methods of a replica but `dispose`, which ends the worker. */
const METHODS = [
  'prepare',
  'match',
  'differentiate',
  'beginDetecting',
  'detect',
  'endDetecting',
] as const satisfies (keyof Replica)[];

/**
 * Starts a replica in a worker.
 * @throws the errors of {@link LocalReplica.start}, WORKER_CRASHED; the methods throw WORKER_CRASHED too
 */
export async function startRemoteReplica(
  wire: WorkerWire,
  setup: ReplicaSetup,
  places: SharedPlaces,
): Promise<Replica> {
  const channel = new Channel(wire);
  await channel.call('start', { setup, places } satisfies Start);
  const calls = METHODS.map((name) => [name, (argument?: unknown) => channel.call(name, argument)]);
  return {
    ...(Object.fromEntries(calls) as Pick<Replica, (typeof METHODS)[number]>),
    dispose: () => channel.close(new RefineDetError('DISPOSED', 'the training has ended')),
  };
}

/** Runs in a worker: waits for `start`, then answers the calls to its replica in order. */
export function serveReplica(wire: ClientWire): void {
  let replica: Replica;
  const queue = new Queue(1);
  const calls = METHODS.map((name) => [
    name,
    (argument: never) => queue.run<unknown>(() => replica[name](argument)),
  ]);
  answerCalls(wire, {
    ...Object.fromEntries(calls),
    start: async ({ setup, places }: Start) => {
      // Imported late, so that the worker reports early that it is alive.
      const { LocalReplica } = await import('./replica.ts');
      replica = await LocalReplica.start(setup, viewsOf(places));
    },
  });
}

function viewsOf({ memory, length, ...at }: SharedPlaces): SharedBuffers {
  const weights = new Float32Array(memory, at.weights, length);
  const gradients = new Float32Array(memory, at.gradients, length);
  const averages = new Float32Array(memory, at.averages, length);
  return { weights: () => weights, gradients: () => gradients, averages: () => averages };
}
