import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { wasmRuntime } from '../../src/backend/wasm.ts';
import { modelBytes } from '../../src/detection/load-model.ts';
import { VOC_CLASSES } from '../../src/labels.ts';
import { type Graph, parameterShapes, type Weights } from '../../src/model/graph.ts';
import { disposeHeads, Network } from '../../src/model/network.ts';
import { type PresetName, presetGraph } from '../../src/model/presets.ts';
import { deriveRandom } from '../../src/random.ts';
import { resolveTrainConfig } from '../../src/training/config/resolve-config.ts';
import { describeStart } from '../../src/training/init/describe-start.ts';
import { freshWeights } from '../../src/training/init/fresh-weights.ts';
import { initialModel } from '../../src/training/init/initial-weights.ts';
import { widenWeights } from '../../src/training/init/widen-weights.ts';
import { writeModel } from '../../src/weights/model-file.ts';
import { randomModel } from '../../support/models/random-model.ts';

const SIZE = 64;
const PRESET = 'refinedet320-mobilenet';

/** All numbers of the heads for one random image. */
function heads(graph: Graph, weights: Weights): number[] {
  const random = deriveRandom(7);
  const pixels = Float32Array.from({ length: SIZE * SIZE * 3 }, () => random.between(-1, 1));
  const network = new Network(graph, weights);
  const input = tf.tensor4d(pixels, [1, SIZE, SIZE, 3]);
  const levels = network.forward(input);
  const numbers = levels.flatMap(({ armLoc, armConf, odmLoc, odmConf }) =>
    [armLoc, armConf, odmLoc, odmConf].flatMap((head) => [...head.dataSync<'float32'>()]),
  );
  disposeHeads(levels);
  input.dispose();
  network.dispose();
  return numbers;
}

beforeAll(() => wasmRuntime(1));

describe('widenWeights', () => {
  it('computes the same in a wider network', () => {
    const narrow = randomModel(SIZE);
    const wide = presetGraph(PRESET, narrow.config.classes.length, { slimWidth: 144 });
    const fresh = freshWeights(wide, 'he', 3);
    const weights = widenWeights(wide, narrow.weights, fresh);
    for (const [name, shape] of parameterShapes(wide)) {
      expect(weights.get(name)!.shape, name).toEqual(shape);
    }
    const expected = heads(narrow.graph, narrow.weights);
    heads(wide, weights).forEach((value, i) => {
      expect(Math.abs(value - expected[i])).toBeLessThan(1e-4 * (1 + Math.abs(expected[i])));
    });
  });

  it('gives new channels the fresh values', () => {
    const narrow = randomModel(SIZE);
    const wide = presetGraph(PRESET, narrow.config.classes.length, { slimWidth: 144 });
    const fresh = freshWeights(wide, 'he', 3);
    const weights = widenWeights(wide, narrow.weights, fresh);
    for (const name of ['lateral3.reduce.weight', 'lateral3.depthwise.weight', 'tcb3.up.weight']) {
      const [values, initial] = [weights, fresh].map((all) => all.get(name)!.data.subarray(-8));
      expect(values, name).toEqual(initial);
    }
  });

  it('leaves heads of other classes alone, and what is as wide or wider', () => {
    const narrow = randomModel(SIZE);
    for (const [classes, slimWidth] of [
      [narrow.config.classes.length + 1, 128],
      [narrow.config.classes.length, 96],
    ]) {
      const graph = presetGraph(PRESET, classes, { slimWidth });
      const widened = widenWeights(graph, narrow.weights, freshWeights(graph, 'he', 3));
      for (const [name, tensor] of narrow.weights) expect(widened.get(name), name).toBe(tensor);
    }
  });
});

it('starts a wider network from the default model, with all of its tensors', async () => {
  const config = resolveTrainConfig({ preset: PRESET, graphOptions: { slimWidth: 256 } });
  const start = await initialModel(config, VOC_CLASSES, await modelBytes('default'));
  expect(start.fresh).toEqual([]);
  expect(describeStart('default', start)).toMatch(
    /(\d+) of \1 tensors kept, \d+ with new channels besides$/,
  );
});

it('keeps the width of a trained model for its own preset, not for another one', async () => {
  const wide = randomModel(SIZE);
  const options = { slimWidth: 144 };
  const graph = presetGraph(PRESET, wide.config.classes.length, options);
  const config = { ...wide.config, graphOptions: options };
  const bytes = await writeModel({ config, graph, weights: freshWeights(graph, 'he', 3) });
  const start = (preset: PresetName) =>
    initialModel(resolveTrainConfig({ preset }), wide.config.classes, bytes);
  expect((await start(PRESET)).model.config.graphOptions).toEqual(options);
  expect((await start('refinedet192-nano')).model.config.graphOptions).toBeUndefined();
});
