import { beforeAll, describe, expect, it } from 'vitest';
import { createHeap, float32View, type Heap } from '../../src/kernels/heap.ts';
import {
  loadTrainingKernels,
  type TrainingKernels,
} from '../../src/kernels/training/training-kernels.ts';
import { GraphBuilder } from '../../src/model/builder.ts';
import type { Graph } from '../../src/model/graph.ts';
import { initializeWeights } from '../../src/model/initialize.ts';
import { resolveOptions } from '../../src/option-schema.ts';
import { deriveRandom } from '../../src/random.ts';
import {
  layOutParameters,
  type Parameter,
  readWeights,
  writeWeights,
} from '../../src/training/memory/parameter-layout.ts';
import { ADAMW, AdamW } from '../../src/training/optimizers/adamw.ts';
import type { Optimizer } from '../../src/training/optimizers/optimizer.ts';
import { Sgd } from '../../src/training/optimizers/sgd.ts';
import { WeightAverage } from '../../src/training/optimizers/weight-average.ts';
import { referenceAdamW, referenceSgd } from '../../support/reference/reference-optimizers.ts';

/** Every kind of tensor, including sizes that are not multiples of four. */
function smallGraph(): Graph {
  const b = new GraphBuilder();
  let x = b.conv('first', b.input, 5, 3);
  x = b.depthwise('second', x);
  x = b.l2norm('norm', x, 10);
  x = b.conv('third', x, 7, 1, { batchNorm: true });
  b.deconv('fourth', x, 3);
  return b.graph({ armLoc: [], armConf: [], odmLoc: [], odmConf: [] }, 3, 2);
}

const graph = smallGraph();
const layout = layOutParameters(graph);
const STEPS = 12;

describe('layOutParameters', () => {
  it('places every trainable tensor once, aligned, without overlap', () => {
    const names = layout.parameters.map(({ name }) => name);
    expect(names).toEqual([
      'first.weight',
      'first.bias',
      'second.weight',
      'second.bias',
      'norm.weight',
      'third.weight',
      'third.gamma',
      'third.beta',
      'fourth.weight',
      'fourth.bias',
    ]);
    let end = 0;
    for (const { offset, length } of layout.parameters) {
      expect(offset % 4).toBe(0);
      expect(offset).toBeGreaterThanOrEqual(end);
      end = offset + length;
    }
    expect(layout.length).toBeGreaterThanOrEqual(end);
  });

  it('applies decay to dense convolutions, not to depthwise ones, biases or norms', () => {
    const decaying = layout.parameters.filter(({ decays }) => decays).map(({ name }) => name);
    expect(decaying).toEqual(['first.weight', 'third.weight', 'fourth.weight']);
    const biases = layout.parameters.filter(({ isBias }) => isBias).map(({ name }) => name);
    expect(biases).toEqual(['first.bias', 'second.bias', 'third.beta', 'fourth.bias']);
  });

  it('writes weights and reads them back', () => {
    const weights = initializeWeights(graph, 3);
    const buffer = new Float32Array(layout.length);
    writeWeights(buffer, layout, weights);
    const back = readWeights(buffer, layout);
    for (const { name } of layout.parameters) expect(back.get(name)).toEqual(weights.get(name));
    weights.delete('norm.weight');
    expect(() => writeWeights(buffer, layout, weights)).toThrow(
      'tensor "norm.weight" has no values, expected 5',
    );
  });
});

describe.each([false, true])('the optimizers (shared memory: %s)', (threaded) => {
  let heap: Heap;
  let kernels: TrainingKernels;

  beforeAll(async () => {
    heap = createHeap({ threaded });
    kernels = await loadTrainingKernels(heap);
  });

  /** Weights and gradients in the heap, and the gradients of every step. */
  function setUp() {
    const random = deriveRandom(1);
    const weights = heap.malloc(4 * layout.length);
    const gradients = heap.malloc(4 * layout.length);
    const initial = new Float32Array(layout.length);
    writeWeights(initial, layout, initializeWeights(graph, 1));
    float32View(heap, weights, layout.length).set(initial);
    const slopes = Array.from({ length: STEPS }, () => {
      const values = new Float32Array(layout.length);
      for (const { offset, length } of layout.parameters) {
        for (let i = 0; i < length; i++) values[offset + i] = random.normal();
      }
      return values;
    });
    return {
      initial,
      slopes,
      weights,
      gradients,
      view: () => float32View(heap, weights, layout.length),
      step(optimizer: Optimizer, i: number, options = {}) {
        float32View(heap, gradients, layout.length).set(slopes[i]);
        return optimizer.step(gradients, { learningRate: 0.01 * (i + 1), ...options });
      },
      release(...optimizers: Optimizer[]) {
        for (const optimizer of optimizers) optimizer.dispose();
        heap.free(weights);
        heap.free(gradients);
      },
    };
  }

  type Setting = ReturnType<typeof setUp>;

  function expectPath(
    { initial, slopes, view }: Setting,
    path: (parameter: Parameter, weight: number, gradients: number[]) => number,
  ) {
    for (const parameter of layout.parameters) {
      for (let i = parameter.offset; i < parameter.offset + parameter.length; i++) {
        const expected = path(
          parameter,
          initial[i],
          slopes.map((values) => values[i]),
        );
        expect(Math.abs(view()[i] - expected)).toBeLessThan(1e-5 * (1 + Math.abs(expected)));
      }
    }
  }

  const CONSTANT = { learningRate: 0.01 };

  it('SGD follows Caffe, with faster biases that do not decay', () => {
    const setting = setUp();
    const sgd = new Sgd(kernels, layout, setting.weights, { weightDecay: 0.1 });
    for (let i = 0; i < STEPS; i++) setting.step(sgd, i, CONSTANT);
    expectPath(setting, (parameter, weight, gradients) => {
      const rate = parameter.isBias ? 0.02 : 0.01;
      return referenceSgd({ weight, rate, decay: parameter.decays ? 0.1 : 0 }, gradients, 0.9);
    });
    setting.release(sgd);
  });

  it('AdamW follows its definition, with decay of convolutions only', () => {
    const setting = setUp();
    const options = resolveOptions('', { weightDecay: 0.3, clipNorm: null }, ADAMW);
    const adamw = new AdamW(kernels, layout, setting.weights, options);
    for (let i = 0; i < STEPS; i++) setting.step(adamw, i, CONSTANT);
    expectPath(setting, (parameter, weight, gradients) =>
      referenceAdamW({ weight, rate: 0.01, decay: parameter.decays ? 0.3 : 0 }, gradients, options),
    );
    setting.release(adamw);
  });

  const makers = {
    SGD: (at: number, clipNorm?: number) =>
      new Sgd(kernels, layout, at, clipNorm === undefined ? {} : { clipNorm }),
    AdamW: (at: number, clipNorm?: number) =>
      new AdamW(kernels, layout, at, clipNorm === undefined ? {} : { clipNorm }),
  };

  it.each(Object.entries(makers))('%s continues bit by bit from an exported state', (_, make) => {
    const straight = setUp();
    const whole = make(straight.weights);
    for (let i = 0; i < STEPS; i++) straight.step(whole, i);

    const resumed = setUp();
    const first = make(resumed.weights);
    for (let i = 0; i < STEPS / 2; i++) resumed.step(first, i);
    const state = structuredClone(first.exportState());
    const second = make(resumed.weights);
    second.importState(state);
    for (let i = STEPS / 2; i < STEPS; i++) resumed.step(second, i);

    expect(resumed.view()).toEqual(straight.view());
    expect(second.exportState()).toEqual(whole.exportState());
    straight.release(whole);
    resumed.release(first, second);
  });

  it.each(Object.entries(makers))('%s does not change frozen layers and their state', (_, make) => {
    const setting = setUp();
    const optimizer = make(setting.weights);
    const layerRates = new Map([
      ['first', 0],
      ['third', 0.5],
    ]);
    const { gradientNorm } = setting.step(optimizer, 0, { layerRates });
    const squares = layout.parameters
      .filter(({ layer }) => layer !== 'first')
      .flatMap(({ offset, length }) => [...setting.slopes[0].subarray(offset, offset + length)])
      .reduce((sum, slope) => sum + slope ** 2, 0);
    expect(gradientNorm).toBeCloseTo(Math.sqrt(squares), 5);
    for (const { layer, offset } of layout.parameters) {
      const isSame = setting.view()[offset] === setting.initial[offset];
      expect(isSame).toBe(layer === 'first');
      for (const [name, state] of Object.entries(optimizer.exportState())) {
        if (name !== 'steps') expect(state[offset] === 0).toBe(layer === 'first');
      }
    }
    setting.release(optimizer);
  });

  it.each(Object.entries(makers))('%s uses the rate of a layer', (_, make) => {
    const moved = [1, 0.5].map((rate) => {
      const setting = setUp();
      const optimizer = make(setting.weights);
      setting.step(optimizer, 0, { layerRates: new Map([['second', rate]]) });
      const { offset } = layout.parameters.find(({ name }) => name === 'second.weight')!;
      const distance = setting.view()[offset] - setting.initial[offset];
      setting.release(optimizer);
      return distance;
    });
    expect(moved[1] / moved[0]).toBeCloseTo(0.5, 4);
  });

  it('clips the gradient to the largest norm', () => {
    const [free, clipped] = [null, 1].map((clipNorm) => {
      const setting = setUp();
      const sgd = new Sgd(kernels, layout, setting.weights, { clipNorm, weightDecay: 0 });
      const { gradientNorm, applied } = setting.step(sgd, 0);
      expect(applied).toBe(true);
      const step = setting.view().map((weight, i) => weight - setting.initial[i]);
      setting.release(sgd);
      return { gradientNorm, step };
    });
    expect(clipped.gradientNorm).toBe(free.gradientNorm);
    expect(free.gradientNorm).toBeGreaterThan(2);
    clipped.step.forEach((distance, i) => {
      expect(distance).toBeCloseTo(free.step[i] / free.gradientNorm, 6);
    });
  });

  it('averages accumulated gradients', () => {
    const results = [true, false].map((accumulate) => {
      const setting = setUp();
      const sgd = new Sgd(kernels, layout, setting.weights);
      const view = () => float32View(heap, setting.gradients, layout.length);
      if (accumulate) {
        const sum = heap.malloc(4 * layout.length);
        float32View(heap, sum, layout.length).fill(0);
        for (const i of [0, 1]) {
          view().set(setting.slopes[i]);
          kernels.addScaled(sum, setting.gradients, layout.length, 1);
        }
        sgd.step(sum, { learningRate: 0.1, gradientScale: 0.5 });
        heap.free(sum);
      } else {
        view().set(setting.slopes[0].map((slope, i) => (slope + setting.slopes[1][i]) / 2));
        sgd.step(setting.gradients, { learningRate: 0.1 });
      }
      const weights = setting.view().slice();
      setting.release(sgd);
      return weights;
    });
    results[0].forEach((weight, i) => {
      expect(weight).toBeCloseTo(results[1][i], 6);
    });
  });

  it.each(Object.entries(makers))('%s changes nothing when a gradient is not finite', (_, make) => {
    const setting = setUp();
    const optimizer = make(setting.weights);
    setting.step(optimizer, 0);
    const [weights, state] = [setting.view().slice(), optimizer.exportState()];
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
      setting.slopes[1][layout.parameters[3].offset] = bad;
      expect(setting.step(optimizer, 1).applied).toBe(false);
    }
    expect(setting.view()).toEqual(weights);
    expect(optimizer.exportState()).toEqual(state);
    setting.release(optimizer);
  });

  it('keeps zeros in the padding', () => {
    const setting = setUp();
    const adamw = new AdamW(kernels, layout, setting.weights);
    for (let i = 0; i < STEPS; i++) setting.step(adamw, i);
    const covered = new Set(
      layout.parameters.flatMap(({ offset, length }) =>
        Array.from({ length }, (_, i) => offset + i),
      ),
    );
    setting.view().forEach((weight, i) => {
      if (!covered.has(i)) expect(weight).toBe(0);
    });
    setting.release(adamw);
  });

  it('keeps a moving average of the weights', () => {
    const values = heap.malloc(4 * 8);
    const view = () => float32View(heap, values, 8);
    view().fill(0);
    const average = new WeightAverage(kernels, values, 8, 0.9);
    const twin = new WeightAverage(kernels, values, 8, 0.9);
    let expected = 0;
    for (let i = 0; i < 100; i++) {
      view().fill(i);
      const decay = Math.min(0.9, (1 + i) / (10 + i));
      expected = decay * expected + (1 - decay) * i;
      average.update();
      if (i === 49) twin.restore(average.read(), average.updates);
      if (i > 49) twin.update();
    }
    expect(average.read()[7]).toBeCloseTo(expected, 3);
    expect(twin.read()).toEqual(average.read());
    expect(() => twin.restore(new Float32Array(4), 1)).toThrow('has 4 numbers, expected 8');
    expect(() => new WeightAverage(kernels, values, 8, 1)).toThrow('averageDecay must be');
    average.dispose();
    twin.dispose();
    heap.free(values);
  });

  it('rejects states of other networks and options out of range', () => {
    const setting = setUp();
    const sgd = new Sgd(kernels, layout, setting.weights);
    const adamw = new AdamW(kernels, layout, setting.weights);
    expect(() => adamw.importState(sgd.exportState())).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
    );
    expect(() => sgd.importState({ velocity: new Float32Array(3) })).toThrow(
      `optimizer state "velocity" has 3 numbers, expected ${layout.length}`,
    );
    const error = expect.objectContaining({ code: 'INVALID_OPTION' });
    expect(() => new Sgd(kernels, layout, setting.weights, { momentum: 1 })).toThrow(error);
    expect(() => new AdamW(kernels, layout, setting.weights, { clipNorm: 0 })).toThrow(error);
    expect(() => new AdamW(kernels, layout, setting.weights, { beta2: Number.NaN })).toThrow(error);
    setting.release(sgd, adamw);
  });
});
