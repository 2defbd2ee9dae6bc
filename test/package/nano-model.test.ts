import { statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { boxIou } from '../../src/boxes.ts';
import { RefineDet } from '../../src/detector.ts';
import { modelFile } from '../../src/packaged-models.ts';
import { expectRecipes } from './expect-recipes.ts';
import { CAT_BOX } from './known-boxes.ts';

/** What these weights reach. */
const REACHED = { score: 0.5, iou: 0.8 };
/** Bytes. */
const MOST_BYTES = 2e6;

const detector = await RefineDet.load('nano');
afterAll(() => detector.dispose());

describe('the nano model', { timeout: 60_000 }, () => {
  it('describes itself, and was trained as its recipes say', () => {
    const { preset, inputWidth, inputHeight } = detector.config;
    expect([preset, inputWidth, inputHeight]).toEqual(['refinedet192-nano', 192, 192]);
    expect(detector.compute).toBe('int8');
    expectRecipes(detector.config, [
      ['nano-2', 'nano.safetensors'],
      ['nano-1', 'default'],
      ['stage-5', 'voc07-prototype.safetensors'],
      ['stage-4', 'default.safetensors'],
    ]);
  });

  it('finds the cat', async () => {
    const [cat] = await detector.detect(path('examples/cat.jpg'), {
      scoreThreshold: REACHED.score,
    });
    expect(cat.label).toBe('cat');
    expect(boxIou(cat.box, CAT_BOX)).toBeGreaterThan(REACHED.iou);
  });

  it('is smaller than 2 MB and than half of the default model', () => {
    const [nano, other] = (['nano', 'default'] as const).map(
      (name) => statSync(path(modelFile(name))).size,
    );
    expect(nano).toBeLessThan(MOST_BYTES);
    expect(nano).toBeLessThan(0.5 * other);
  });
});

function path(file: string): string {
  return fileURLToPath(new URL(`../../${file}`, import.meta.url));
}
