/** A real thread of the layer kernels ends while it takes part in a detection. */
import { describe, expect, it } from 'vitest';
import { inProcess } from '../backend/processes.ts';

/** Time to wait for a thread that ended with a claimed part: ten seconds. */
const TIMEOUT_MS = 280_000;

interface Outcome {
  /** Whether the thread was working when it ended. */
  wasAtWork: boolean;
  /** Whether the detections during and after the failure equal those before. */
  isSame: boolean[];
  objects: number;
  /** `detector.threads` before and afterwards. */
  threads: [before: number, after: number];
  warnings: string[];
}

/**
 * Detects three times with the default model and two threads: unchanged, with the worker ended in the
 * layer of that number (or the next one that it takes a part of), and with the remaining threads.
 */
async function endThreadIn(layer: number): Promise<Outcome> {
  const { stdout } = await inProcess(
    `
    const { Worker } = await import('node:worker_threads');
    const { RefineDet } = await import('./src/index.ts');
    const { Board } = await import('./src/kernels/parallel/board.ts');

    // The team sends its worker the address of their board; the other workers of tfjs have none.
    let worker;
    let words;
    const { postMessage } = Worker.prototype;
    Worker.prototype.postMessage = function (message, ...rest) {
      if (message.board) [worker, words] = [this, new Int32Array(message.board)];
      return postMessage.call(this, message, ...rest);
    };

    let layers = Infinity;
    let wasAtWork = false;
    const { post } = Board.prototype;
    Board.prototype.post = function (task) {
      post.call(this, task);
      if (--layers > 0 || wasAtWork) return;
      // The first word counts the unclaimed parts; a small layer may be over before the worker claims one.
      const parts = Math.ceil(task.total / task.step);
      const deadline = performance.now() + 1000;
      while (Atomics.load(words, 0) === parts && performance.now() < deadline);
      const untaken = Atomics.load(words, 0);
      wasAtWork = untaken > 0 && untaken < parts;
      if (wasAtWork) worker.terminate();
    };

    const warnings = [];
    const warn = (text) => warnings.push(text);
    const detector = await RefineDet.load(undefined, { threads: 2, warn });
    const weak = { scoreThreshold: 0.001 };
    const look = async () => JSON.stringify(await detector.detect('examples/cat.jpg', weak));
    const expected = await look();
    const { threads } = detector;
    const ended = new Promise((resolve) => worker.once('exit', resolve));
    layers = ${layer};
    const meanwhile = await look();
    await ended;
    const isSame = [meanwhile, await look()].map((found) => found === expected);
    const objects = JSON.parse(expected).length;
    const counts = [threads, detector.threads];
    console.log(JSON.stringify({ wasAtWork, isSame, objects, threads: counts, warnings }));
    detector.dispose();`,
    TIMEOUT_MS,
  );
  return JSON.parse(stdout) as Outcome;
}

describe('a thread that ends in the middle of a layer', { timeout: TIMEOUT_MS }, () => {
  it.each([1, 30])('causes one warning and loses no detection: layer %i', async (layer) => {
    const { objects, ...outcome } = await endThreadIn(layer);
    expect(objects).toBeGreaterThan(0);
    expect(outcome).toEqual({
      wasAtWork: true,
      isSame: [true, true],
      threads: [2, 1],
      warnings: [
        expect.stringMatching(/^refinedet computes layers on one thread from now on: a thread /),
      ],
    });
  });
});
