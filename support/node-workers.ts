/** Workers that run sources: they need the loader that turns TypeScript to JavaScript. */
import { startThreadWorker } from '../src/remote/node-wire.ts';
import { nodeHost } from '../src/training/node/node-host.ts';
import type { TrainingHost } from '../src/training/run/training-host.ts';

const LOADER = new URL('tsx.mjs', import.meta.url);

/** @param program module below src/, without extension */
export function startSourceWorker(program: string) {
  const flags = ['--conditions=refinedet-source', `--import=${LOADER}`];
  return startThreadWorker(`../src/${program}`, import.meta.url, flags);
}

export const sourceHost: TrainingHost = {
  ...nodeHost,
  startWorker: () => startSourceWorker('training/node/node-worker'),
};
