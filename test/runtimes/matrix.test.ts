/** The packed package in every runtime that is installed, compared with the Node of the tests. */
import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Detection } from '../../src/boxes.ts';
import { ARM, isInstalled, RUNTIMES, type Runtime } from '../../support/runtimes.ts';
import { SHAPE_CLASSES, shapesDataset } from '../../support/scenes/shapes.ts';
import { type PackedApp, packedApp } from '../package/helpers.ts';

const run = promisify(execFile);
const at = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const BUILD_TIMEOUT_MS = 300_000;
/** A program that does not end by itself fails. */
const TIMEOUT_MS = 110_000;
/** Floats of different engines differ by fused multiply-adds. */
const SCORE_TOLERANCE = 1e-3;
const PIXEL_TOLERANCE = 0.1;

const HERE: Runtime = { name: 'this Node', command: [process.execPath] };
const CLI = 'node_modules/refinedet/dist/cli/main.js';
const DETECT = ['detect', 'cat.jpg', '--workers', '2', '--format', 'jsonl'];
const FINITE = expect.toSatisfy(Number.isFinite, 'a finite number');

let app: PackedApp;
/** What the Node of the tests finds. */
const expected = { integers: [] as Detection[], floats: [] as Detection[], line: '' };
beforeAll(async () => {
  app = await packedApp();
  copyFileSync(at('program.mjs'), path.join(app.folder, 'program.mjs'));
  copyFileSync(at('../../examples/cat.jpg'), path.join(app.folder, 'cat.jpg'));
  // Deno finds packages by the dependencies of package.json.
  app.write('package.json', '{ "type": "module", "dependencies": { "refinedet": "*" } }');
  await writeShapes();
  expected.integers = (await detect(HERE, 'thread')).alone;
  expected.floats = (await detect(HERE, 'floats')).alone;
  expected.line = await start(HERE, CLI, ...DETECT);
  expect(expected.integers.length).toBeGreaterThan(0);
  expect(JSON.parse(expected.line)).toMatchObject({ file: 'cat.jpg', width: 451, height: 300 });
}, BUILD_TIMEOUT_MS);
afterAll(() => app?.remove());

/** A YOLO dataset of drawn shapes. */
async function writeShapes(): Promise<void> {
  const images = path.join(app.folder, 'shapes/images');
  mkdirSync(images, { recursive: true });
  const data = await shapesDataset(images, 6, 96);
  app.write('shapes/classes.txt', `${SHAPE_CLASSES.join('\n')}\n`);
  for (const { fileName, width = 0, height = 0, boxes } of data.images) {
    const lines = boxes.map(({ classId, box }) =>
      [
        classId,
        (box.x + box.width / 2) / width,
        (box.y + box.height / 2) / height,
        box.width / width,
        box.height / height,
      ].join(' '),
    );
    app.write(`shapes/labels/${path.parse(fileName).name}.txt`, `${lines.join('\n')}\n`);
  }
}

const start = async ({ command: [file, ...flags] }: Runtime, ...args: string[]): Promise<string> =>
  (await run(file, [...flags, ...args], { cwd: app.folder, timeout: TIMEOUT_MS })).stdout;

interface Found {
  threads: number;
  backend: string;
  compute: string;
  alone: Detection[];
  batch: Detection[][];
  missing: string[];
}
const detect = async (runtime: Runtime, job: string): Promise<Found> =>
  JSON.parse(await start(runtime, 'program.mjs', job));

function expectAlike(actual: readonly Detection[], others: readonly Detection[]): void {
  expect(actual.map(({ label }) => label)).toEqual(others.map(({ label }) => label));
  for (const [i, { score, box }] of actual.entries()) {
    expect(Math.abs(score - others[i].score)).toBeLessThan(SCORE_TOLERANCE);
    for (const side of ['x', 'y', 'width', 'height'] as const) {
      expect(Math.abs(box[side] - others[i].box[side])).toBeLessThan(PIXEL_TOLERANCE);
    }
  }
}

describe.each(RUNTIMES)('$name', (runtime) => {
  const installed = isInstalled(runtime);

  it.skipIf(!installed).each([
    ['thread', 1],
    ['threads', 2],
    ['pool', 2],
  ])('detects (%s, %i) as Node does, and ends', async (job, threads) => {
    const found = await detect(runtime, job);
    expect(found).toMatchObject({
      threads,
      backend: 'wasm',
      compute: 'int8',
      missing: ['RefineDetError', 'FILE_NOT_FOUND'],
    });
    // In 8 bits, the same values on every engine, processor and thread count.
    for (const detections of [found.alone, ...found.batch]) {
      expect(detections).toEqual(expected.integers);
    }
  });

  it.skipIf(!installed)('detects in floats about as Node does', async () => {
    const { alone, compute } = await detect(runtime, 'floats');
    expect(compute).toBe('float32');
    expectAlike(alone, expected.floats);
  });

  it.skipIf(!installed)('runs the command line: train, detect, eval, convert', async () => {
    const out = `run-${runtime.name.replace(' ', '-')}`;
    const command = (...args: string[]) => start(runtime, CLI, ...args);
    await command(
      ...['train', '--data', 'shapes', '--val', 'shapes', '--init', 'none', '--out', out],
      ...['--steps', '2', '--batch', '2', '--input-size', '64', '--workers', '2', '--quiet'],
    );
    const log = readFileSync(path.join(app.folder, out, 'metrics.jsonl'), 'utf8');
    const records = log.trim().split('\n');
    expect(JSON.parse(records.at(-1)!)).toMatchObject({ step: 2, losses: { total: FINITE } });
    const model = `${out}/best.safetensors`;
    await command('convert', model, `${out}/small.safetensors`, '--dtype', 'f16');
    const small = ['--model', `${out}/small.safetensors`, '--threshold', '0.01'];
    const { detections }: { detections: Detection[] } = JSON.parse(
      await command(...DETECT, ...small),
    );
    expect(detections.length).toBeGreaterThan(0);
    for (const { label } of detections) expect(SHAPE_CLASSES).toContain(label);
    const evaluated = await command('eval', model, '--data', 'shapes', '--json');
    expect(JSON.parse(evaluated)).toMatchObject({ mAP: FINITE });
    expect(await command(...DETECT)).toBe(expected.line);
  });
});

// Emulation is slow: the small model.
describe.skipIf(!isInstalled(ARM))(ARM.name, { timeout: TIMEOUT_MS }, () => {
  it('detects in 8 bits what other processors detect', async () => {
    const [{ alone, batch, compute }, here] = await Promise.all([
      detect(ARM, 'nano'),
      detect(HERE, 'nano'),
    ]);
    expect(compute).toBe('int8');
    expect(alone.length).toBeGreaterThan(0);
    for (const detections of [alone, ...batch]) expect(detections).toEqual(here.alone);
  });

  it('detects in floats about what they detect', async () => {
    const job = 'nano in floats';
    const [{ alone }, here] = await Promise.all([detect(ARM, job), detect(HERE, job)]);
    expectAlike(alone, here.alone);
  });

  it('runs the command line', async () => {
    expect(await start(ARM, CLI, ...DETECT)).toBe(expected.line);
  });
});
