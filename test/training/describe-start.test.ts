import { describe, expect, it } from 'vitest';
import { modelBytes } from '../../src/detection/load-model.ts';
import { RefineDetError } from '../../src/errors.ts';
import { VOC_CLASSES } from '../../src/labels.ts';
import { resolveTrainConfig } from '../../src/training/config/resolve-config.ts';
import type { TrainOptions } from '../../src/training/config/train-config.ts';
import { describeStart, requireFittingStart } from '../../src/training/init/describe-start.ts';
import { type InitialModel, initialModel } from '../../src/training/init/initial-weights.ts';

async function startOf(
  options: TrainOptions,
  classes: readonly string[] = ['cell'],
): Promise<InitialModel> {
  const config = resolveTrainConfig(options);
  const bytes = config.init === null ? undefined : await modelBytes(config.init);
  return initialModel(config, classes, bytes);
}

describe('the start of a run', () => {
  it('is all of the packaged model for its own classes', async () => {
    const start = await startOf({}, VOC_CLASSES);
    expect(describeStart('default', start)).toMatch(/from default: 194 of 194 tensors kept$/);
  });

  it('is all but the class heads for other classes, which is said to be normal', async () => {
    const start = await startOf({});
    const text = describeStart('default', start);
    expect(text).toMatch(/186 of 194 tensors kept, the 8 of the class heads begin anew.*normal/);
    expect(() => requireFittingStart('default', 'refinedet320-mobilenet', start)).not.toThrow();
  });

  it('names random weights', async () => {
    expect(describeStart(null, await startOf({ init: 'none' }))).toMatch(
      /random .* no layer frozen/,
    );
  });

  it('tells a backbone from weights with holes', async () => {
    const start = await startOf({});
    const names = [...start.kept, ...start.fresh];
    const without = (part: RegExp): InitialModel => ({
      ...start,
      kept: names.filter((name) => !part.test(name)),
      fresh: names.filter((name) => part.test(name)),
    });
    const backbone = describeStart('ssd', without(/^(lateral|arm|tcb|odm)/));
    expect(backbone).toMatch(/108 of 194 .* normal for a backbone/);
    const holes = describeStart('ssd', without(/^(block3\.|odm3\.conf)/));
    expect(holes).toMatch(/unusually, .*block3\.expand/);
  });

  it('is refused when most of the backbone would be random', async () => {
    const start = await startOf({ preset: 'refinedet320-vgg16', init: 'default' });
    const refused = () => requireFittingStart('default', 'refinedet320-vgg16', start);
    expect(refused).toThrow(RefineDetError);
    expect(refused).toThrow(/default does not fit refinedet320-vgg16: it has 0 of the 36 tensors/);
  });
});
