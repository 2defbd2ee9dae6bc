/** Runs in every runtime, beside an installed package: argument = what to do; prints one line of JSON. */
import process from 'node:process';
import { RefineDet } from 'refinedet';
import { createPool } from 'refinedet/pool';

const CAT = 'cat.jpg';

const jobs = {
  async thread() {
    return detections(await RefineDet.load(undefined, { threads: 1 }));
  },
  async threads() {
    return detections(await RefineDet.load(undefined, { threads: 2 }));
  },
  async floats() {
    return detections(await RefineDet.load(undefined, { threads: 1, compute: 'float32' }));
  },
  async nano() {
    return detections(await RefineDet.load('nano', { threads: 2 }));
  },
  async 'nano in floats'() {
    return detections(await RefineDet.load('nano', { threads: 2, compute: 'float32' }));
  },
  async pool() {
    return detections(await createPool(undefined, { workers: 2, threads: 1 }));
  },
};

async function detections(detector) {
  const { threads, backend, compute } = detector;
  const [alone, ...batch] = [
    await detector.detect(CAT),
    ...(await detector.detectBatch([CAT, CAT, CAT])),
  ];
  const missing = await detector.detect('missing.jpg').catch(({ name, code }) => [name, code]);
  await detector.dispose();
  return { threads, backend, compute, alone, batch, missing };
}

console.log(JSON.stringify(await jobs[process.argv[2]]()));
