/** Common parts of the browser tests: bundles, a model file, images, and Node's detections in them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import type { Detection } from '../../src/boxes.ts';
import { RefineDet, writeModel } from '../../src/index.ts';
import { putPageBundles } from '../build-output.ts';
import { randomModel } from '../models/random-model.ts';
import type { SiteContent } from './server.ts';

/** Low, because random weights give low scores. */
export const OPTIONS = { scoreThreshold: 0.05 };

const EXAMPLES = fileURLToPath(new URL('../../examples', import.meta.url));

export interface Fixture {
  /** Content of a test server: bundles under /lib, images under /examples, and the model at /model.safetensors. */
  content: SiteContent;
  /** Node's detections in the image. */
  expected: Detection[];
  remove(): void;
}

/**
 * @param model content of the model file; default: a small model with random weights
 * @param image name of an image in examples/
 */
export async function createFixture(
  model?: Uint8Array,
  image = 'cat.jpg',
  options = OPTIONS,
): Promise<Fixture> {
  const folder = mkdtempSync(join(tmpdir(), 'refinedet-browser-'));
  await putPageBundles(folder);
  const file = model ?? (await writeModel(randomModel()));
  const detector = await RefineDet.load(file, { threads: 1 });
  const expected = await detector.detect(join(EXAMPLES, image), options);
  detector.dispose();
  return {
    content: {
      folders: { '/lib': folder, '/examples': EXAMPLES },
      files: { '/model.safetensors': file },
    },
    expected,
    remove: () => rmSync(folder, { recursive: true }),
  };
}

const SCORE_TOLERANCE = 0.01;
const PIXEL_TOLERANCE = 1;

/** Expects a counterpart for every detection, both ways; those near the threshold may exist on one side only. */
export function expectSame(
  actual: readonly Detection[],
  expected: readonly Detection[],
  { scoreThreshold } = OPTIONS,
): void {
  expect(actual.length).toBeGreaterThan(5);
  expectCounterparts(actual, expected, scoreThreshold);
  expectCounterparts(expected, actual, scoreThreshold);
}

function expectCounterparts(
  list: readonly Detection[],
  others: readonly Detection[],
  scoreThreshold: number,
): void {
  const clear = list.filter(({ score }) => score > scoreThreshold + SCORE_TOLERANCE);
  expect(clear.length).toBeGreaterThan(0);
  const alone = clear.filter((detection) => !others.some((other) => areSame(detection, other)));
  expect(alone).toEqual([]);
}

function areSame(a: Detection, b: Detection): boolean {
  const sides = ['x', 'y', 'width', 'height'] as const;
  return (
    a.label === b.label &&
    Math.abs(a.score - b.score) <= SCORE_TOLERANCE &&
    sides.every((side) => Math.abs(a.box[side] - b.box[side]) <= PIXEL_TOLERANCE)
  );
}
