/** Program of a worker thread that dies as it is asked to. */
import { Worker } from 'node:worker_threads';
import { answerCalls } from '../../src/remote/answer-calls.ts';
import { parentWire } from '../../src/remote/node-wire.ts';

const throwOutside = (thrown: unknown) =>
  new Promise<never>(() => {
    setTimeout(() => {
      throw thrown;
    });
  });

answerCalls(parentWire(), {
  throwError: () => throwOutside(Object.assign(new TypeError('gone'), { code: 'ENOENT' })),
  throwText: () => throwOutside('only a text'),
  exit: async () => process.exit(3),
  // Throws the error of a thread of its own, whose heap is small and thus full at once.
  fillHeap: () =>
    new Promise<never>(() => {
      const program = 'for (const lists = []; ; ) lists.push(Array.from({ length: 1000 }, Object))';
      new Worker(program, { eval: true, resourceLimits: { maxOldGenerationSizeMb: 8 } });
    }),
});
