/** A page that trains in a worker and then detects with what came out. */
import { RefineDet } from '../../../src/index.ts';
import type { Outcome, Task } from './trainer.ts';

declare global {
  /** Trains a tiny run; see trainer.ts. */
  var trainInWorker: (task: Task) => Promise<PageOutcome>;
}

export type PageOutcome = Omit<Outcome, 'model' | 'image'> & {
  classes: readonly string[];
  steps: unknown;
  /** Labels of what the model finds in a training image, best first. */
  found: string[];
};

globalThis.trainInWorker = async (task) => {
  const worker = new Worker(new URL('./trainer.ts', import.meta.url), { type: 'module' });
  const answer = new Promise<Outcome>((resolve, reject) => {
    worker.onmessage = ({ data }) => (data.error ? reject(new Error(data.error)) : resolve(data));
    worker.onerror = ({ message }) => reject(new Error(message));
  });
  worker.postMessage(task);
  const { model, image, ...rest } = await answer;
  worker.terminate();
  const detector = await RefineDet.load(model, { threads: 1 });
  const found = await detector.detect(image, { scoreThreshold: 0.01 });
  const { classes, config } = detector;
  detector.dispose();
  const steps = config.provenance?.['steps'];
  return { ...rest, classes, steps, found: found.map(({ label }) => label) };
};
