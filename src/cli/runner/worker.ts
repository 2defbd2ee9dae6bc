/** The program of a worker: loads the detector, then answers one job after the other. */
import { parentPort, workerData } from 'node:worker_threads';
import { describeError } from '../describe-error.ts';
import { warn } from '../terminal.ts';
import { detectImage } from './detect-image.ts';
import type { WorkerReply } from './lane.ts';
import { type ImageJob, loadDetector, type RunnerSetup } from './runner.ts';

const setup = workerData as RunnerSetup;

async function answer(work: () => Promise<WorkerReply>): Promise<void> {
  let reply: WorkerReply;
  try {
    reply = await work();
  } catch (error) {
    // Errors lose their class and code on the way to another thread.
    reply = { error: describeError(error) };
  }
  parentPort?.postMessage(reply);
}

const detector = loadDetector(setup, warn);
await answer(async () => {
  await detector;
  return { ready: true };
});
parentPort?.on('message', (job: ImageJob) =>
  answer(async () => ({ finding: await detectImage(await detector, setup, job) })),
);
