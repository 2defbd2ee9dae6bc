/** A pool of real worker threads. */
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Detection } from '../../src/boxes.ts';
import { RefineDet, writeModel } from '../../src/index.ts';
import { startPool } from '../../src/pool/create-pool.ts';
import type { DetectorPool } from '../../src/pool/detector-pool.ts';
import type { WorkerWire } from '../../src/remote/wire.ts';
import { randomModel } from '../../support/models/random-model.ts';
import { startSourceWorker } from '../../support/node-workers.ts';
import { temporaryFolder } from '../cli/helpers.ts';

const ROOT = new URL('../../', import.meta.url);
const FOLDER = fileURLToPath(new URL('examples', ROOT));
const PHOTOS = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.jpg'))
  .map((name) => path.join(FOLDER, name));
/** Each twice: more images than workers. */
const IMAGES = [...PHOTOS, ...PHOTOS];
const ANY = { scoreThreshold: 0.05 };
const MODEL = randomModel(128);

let pool: DetectorPool;
let expected: Detection[][];
const workers: WorkerWire[] = [];
const warnings: string[] = [];
beforeAll(async () => {
  const start = () => {
    const worker = startSourceWorker('pool/node-pool-worker');
    workers.push(worker);
    return worker;
  };
  const warn = (message: string) => warnings.push(message);
  pool = await startPool(MODEL, { workers: 2, warn }, start);
  const single = await RefineDet.load(MODEL, { threads: 1 });
  expected = await single.detectBatch(IMAGES, ANY);
  single.dispose();
});
afterAll(() => pool?.dispose());

describe('a pool of two threads', { timeout: 120_000 }, () => {
  it('finds the same as one detector in a folder, in order', async () => {
    expect(expected.flat().length).toBeGreaterThan(20);
    expect(await pool.detectBatch(IMAGES, ANY)).toEqual(expected);
    const streamed: Detection[][] = [];
    for await (const { detections } of pool.stream(IMAGES, ANY)) streamed.push(detections);
    expect(streamed).toEqual(expected);
    expect(pool.threads).toBe(2);
    expect(pool.heapBytes).toBeGreaterThan(2e6);
  });

  it('aborts one detection at once, and no other', async () => {
    const aborting = new AbortController();
    const slow = { ...ANY, multiScale: true, signal: aborting.signal };
    const aborted = Promise.allSettled(IMAGES.map((image) => pool.detect(image, slow)));
    const other = pool.detectBatch(IMAGES, ANY);
    setTimeout(() => aborting.abort(), 20);
    for (const outcome of await aborted) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'ABORTED' } });
    }
    expect(await other).toEqual(expected);
  });

  it('loses one image when a thread is killed in the middle, and starts another', async () => {
    const detections = IMAGES.map((image) => pool.detect(image, { ...ANY, multiScale: true }));
    await Promise.race(detections);
    await workers[0].terminate();
    const outcomes = await Promise.allSettled(detections);
    const failures = outcomes.filter(({ status }) => status === 'rejected');
    expect(failures).toMatchObject([{ reason: { code: 'WORKER_CRASHED' } }]);
    expect(workers).toHaveLength(3);
    expect(warnings).toEqual(['the worker has crashed: exit code 1; another worker is started']);
    expect(await pool.detectBatch(IMAGES, ANY)).toEqual(expected);
  });
});

/** Runs a program on the sources, with workers that load TypeScript too. */
async function run(file: string): Promise<string> {
  const flags = ['--conditions=refinedet-source', `--import=${new URL('support/tsx.mjs', ROOT)}`];
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, file], {
    cwd: fileURLToPath(ROOT),
  });
  return stdout;
}

/** One entry for each thread of the process. */
const TASKS = '/proc/self/task';
/** Long, because the program starts workers, which compile the sources, seven times. */
const PROGRAM_TIMEOUT_MS = 240_000;

describe('createPool in a separate program', { timeout: PROGRAM_TIMEOUT_MS }, () => {
  const { at, remove } = temporaryFolder();
  afterAll(remove);

  it('frees memory and threads, and does not keep the program alive', async ({ skip }) => {
    skip(!existsSync(TASKS), `counts threads in ${TASKS}, which only Linux has`);
    writeFileSync(at('model.safetensors'), await writeModel(MODEL));
    const model = JSON.stringify(at('model.safetensors'));
    writeFileSync(
      at('program.mts'),
      `import { readdirSync } from 'node:fs';
       import { createPool } from '${new URL('src/pool/index.ts', ROOT)}';
       const measure = () => ({
         threads: readdirSync('${TASKS}').length,
         megabytes: process.memoryUsage.rss() / 2 ** 20,
       });
       const states = [];
       for (let cycle = 0; cycle < 3; cycle++) {
         const pool = await createPool(${model}, { workers: 2 });
         const found = await pool.detectBatch(${JSON.stringify(PHOTOS)}, ${JSON.stringify(ANY)});
         const alive = measure();
         await pool.dispose();
         states.push({ found: found.flat().length, alive, after: measure() });
       }
       await createPool(${model}, { workers: 1 }); // not disposed
       console.log(JSON.stringify(states));`,
    );
    const states = JSON.parse(await run(at('program.mts')));
    const [first, , last] = states;
    for (const { found } of states) expect(found).toBe(expected.flat().length / 2);
    for (const { alive, after } of states) {
      expect(alive.threads).toBeGreaterThanOrEqual(after.threads + 2);
      expect(after.megabytes).toBeLessThan(alive.megabytes);
    }
    expect(last.after.threads).toBeLessThanOrEqual(first.after.threads);
    // Two cycles leave little memory behind compared with the memory of a pool.
    const taken = first.alive.megabytes - first.after.megabytes;
    expect(last.after.megabytes - first.after.megabytes).toBeLessThan(taken);
  });
});
