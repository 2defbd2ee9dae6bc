import { expect, it } from 'vitest';
import { shiftScores } from '../../src/model/shift-scores.ts';
import { randomModel } from '../../support/models/random-model.ts';

it('lowers the background of every anchor, and nothing else', () => {
  const model = randomModel(64);
  const { numClasses, heads } = model.graph;
  const shifted = shiftScores(model, 0.7);
  const biases = heads.odmConf.map((head) => `${head}.bias`);
  for (const [name, { data }] of model.weights) {
    const isBias = biases.includes(name);
    const after = shifted.weights.get(name)!.data;
    const isAsExpected = data.every((value, i) => {
      const shift = isBias && i % numClasses === 0 ? 0.7 : 0;
      return after[i] === Math.fround(value - shift);
    });
    expect(isAsExpected, name).toBe(true);
  }
});

it('names the sum of all shifts in the provenance', () => {
  const { provenance } = shiftScores(shiftScores(randomModel(64), 0.5), -0.75).config;
  expect(provenance).toMatchObject({ scoreShift: -0.25 });
});
