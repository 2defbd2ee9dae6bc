/** Moves all scores of a model up or down together. */
import type { Model } from './model.ts';

/**
 * Returns a model whose odds of an object against background are `exp(shift)` times as high, for every
 * anchor and class: the bias of the background in the ODM's class heads is lower by `shift`. Its
 * provenance names the sum of all shifts since its training.
 */
export function shiftScores(model: Model, shift: number): Model {
  const { numClasses, heads } = model.graph;
  const weights = new Map(model.weights);
  for (const head of heads.odmConf) {
    const name = `${head}.bias`;
    const { shape, data } = weights.get(name)!;
    // Each anchor has one score per class; the background comes first.
    const shifted = data.map((bias, i) => (i % numClasses === 0 ? bias - shift : bias));
    weights.set(name, { shape, data: shifted });
  }
  const { scoreShift, ...provenance } = model.config.provenance ?? {};
  const total = (typeof scoreShift === 'number' ? scoreShift : 0) + shift;
  return {
    ...model,
    config: { ...model.config, provenance: { ...provenance, scoreShift: total } },
    weights,
  };
}
