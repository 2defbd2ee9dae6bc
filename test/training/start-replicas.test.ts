import { expect, it } from 'vitest';
import type { WorkerWire } from '../../src/remote/wire.ts';
import { startReplicas } from '../../src/training/data-parallel/start-replicas.ts';
import type { TrainingMemory } from '../../src/training/memory/training-memory.ts';
import type { TrainingHost } from '../../src/training/run/training-host.ts';

/** A worker that dies at once, or never answers. */
function fakeWire(isMortal: boolean) {
  const wire = {
    ended: false,
    post: () => {},
    listen: () => {},
    onDeath: (notify: (reason: string) => void) => {
      if (isMortal) setTimeout(() => notify('at birth'));
    },
    terminate: async () => {
      wire.ended = true;
    },
  };
  return wire satisfies WorkerWire;
}

it.each([0, 1, 2])('ends all workers when start number %i of three fails', async (failing) => {
  const memory = { gradients: [0, 0, 0], places: () => ({}) } as unknown as TrainingMemory;
  const parts = { config: {}, data: { train: {} }, model: {} } as never;
  for (const way of ['throws', 'dies']) {
    const wires: ReturnType<typeof fakeWire>[] = [];
    let starts = 0;
    const startWorker = () => {
      const fails = starts++ === failing;
      if (fails && way === 'throws') throw new Error('no more threads');
      wires.push(fakeWire(fails));
      return wires.at(-1)!;
    };
    const started = startReplicas(parts, memory, { startWorker } as unknown as TrainingHost);
    await expect(started).rejects.toThrow(way === 'throws' ? 'no more threads' : 'at birth');
    expect(wires).toHaveLength(way === 'throws' ? failing : 3);
    for (const { ended } of wires) expect(ended).toBe(true);
  }
});
