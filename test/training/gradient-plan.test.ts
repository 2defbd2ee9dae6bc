import { describe, expect, it } from 'vitest';
import { largeMaps } from '../../src/model/plan-inference.ts';
import { presetGraph } from '../../src/model/presets.ts';
import { planTrace, planTraining } from '../../src/training/gradients/gradient-plan.ts';

const graph = presetGraph('refinedet320-mobilenet', 4);
const steps = planTraining(graph);
const frozen = (layer: string) => /^(stem|block[0-5])(\.|$)/.test(layer);
const isLarge = largeMaps(graph);
const plan = (options: object, large?: typeof isLarge) => planTrace(graph, steps, options, large);

describe('planTrace', () => {
  it('chains what no gradient flows through, and nothing else', () => {
    const { steps: planned, traced } = plan({ frozen }, isLarge);
    const chains = planned.flatMap(({ step }) => (step.kind === 'chain' ? step : []));
    expect(chains.map(({ name }) => name)).toContain('block1.project');
    for (const { parts } of chains)
      expect(parts.every(({ layer }) => frozen(layer.name))).toBe(true);
    const passed = new Set(traced.map(({ step }) => step.name));
    expect(chains.some(({ name }) => passed.has(name))).toBe(false);
    expect(traced).toEqual(plan({ frozen }).traced);
    expect(plan({}, isLarge).steps.some(({ step }) => step.kind === 'chain')).toBe(false);
  });

  it('says who reads a map last, and that is a step of the plan', () => {
    for (const { steps: planned, kept, lastReader } of [
      plan({ frozen }, isLarge),
      plan({ frozen: () => true }, isLarge),
      plan({}),
    ]) {
      const written = new Set([graph.layers[0].name]);
      for (const { step } of planned) {
        for (const input of step.inputs) expect(written).toContain(input);
        written.add(step.name);
      }
      for (const map of kept) expect(written).toContain(map);
      for (const reader of lastReader.values()) expect(written).toContain(reader);
    }
  });
});
