/** Compares what a model tells of its trainings with their configurations. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { dataName, stagesOf } from '../../src/datasets/provenance.ts';
import type { ModelConfig } from '../../src/model/model.ts';
import { resolveTrainConfig } from '../../src/training/config/resolve-config.ts';
import type { TrainConfig } from '../../src/training/config/train-config.ts';

/**
 * @param trainings the latest ones, the last one first: recipe, and the name that its start had then
 */
export function expectRecipes(
  { provenance }: ModelConfig,
  trainings: readonly (readonly [recipe: string, init: string])[],
): void {
  const stages = stagesOf(provenance).slice(0, trainings.length);
  expect(stages).toHaveLength(trainings.length);
  for (const [i, [name, init]] of trainings.entries()) {
    const config = recipe(name);
    const { data, steps, seed, inputSizes } = config;
    const sides = [...new Set(inputSizes.flatMap(({ sizes }) => sizes))].sort((a, b) => a - b);
    const stage = { ...stages[i], data: parts(stages[i]['data'] as string[]) };
    expect(stage, name).toMatchObject({
      madeBy: 'refinedet train',
      data: parts(data.map(dataName)),
      init,
      steps,
      seed,
    });
    // Earlier versions did not name them.
    if ('inputSizes' in stage) expect(stage['inputSizes'], name).toEqual(sides);
  }
}

/** A recipe is complete, so that a new default does not change it. */
function recipe(name: string): TrainConfig {
  const file = fileURLToPath(new URL(`../../models/recipes/${name}.json`, import.meta.url));
  const given = JSON.parse(readFileSync(file, 'utf8'));
  const config = resolveTrainConfig(given);
  expect(given, name).toEqual(config);
  return config;
}

/** Data by split: a split that two entries name is the same as one entry with both. */
function parts(names: readonly string[]): string[] {
  return names
    .flatMap((name) => {
      const [folder, splits = ''] = name.split(':');
      return splits.split('+').map((split) => `${folder}:${split}`);
    })
    .map((name) => (/^coco-/.test(name) ? name.replace(/:.*/, '') : name))
    .sort();
}
