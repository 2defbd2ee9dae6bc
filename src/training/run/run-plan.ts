/** Derives sizes, rates and draws of every step from the configuration of a run. */
import type { Graph } from '../../model/graph.ts';
import { deriveRandom } from '../../random.ts';
import type { TrainConfig } from '../config/train-config.ts';
import type { Draw, Sampler } from '../data/sampling.ts';
import { checkFreezeRules, layerRatesAt, learningRateAt } from '../optimizers/schedule.ts';

const SIZE_STREAM = 4;

export class TrainPlan {
  readonly totalSteps: number;
  /** Images per step. */
  readonly images: number;
  readonly #config: TrainConfig;
  readonly #layers: readonly string[];
  readonly #sampler: Sampler;

  /** @throws INVALID_OPTION when a rule of `freeze` names no layer */
  constructor(config: TrainConfig, graph: Graph, sampler: Sampler) {
    this.#config = config;
    this.#sampler = sampler;
    this.#layers = graph.layers.map(({ name }) => name);
    checkFreezeRules(config.freeze, this.#layers);
    this.images = config.batch * config.accumulate;
    const fromEpochs = Math.ceil((config.epochs * sampler.epochLength) / this.images);
    this.totalSteps = config.steps ?? Math.max(1, fromEpochs);
  }

  /** Returns the epochs completed after a number of steps. */
  epochsAfter(steps: number): number {
    return (steps * this.images) / this.#sampler.epochLength;
  }

  /** Returns whether an evaluation is due after a number of steps. */
  evaluatesAfter(steps: number): boolean {
    const { every } = this.#config.evaluation;
    const periods = (count: number) => Math.floor(this.epochsAfter(count) / every + 1e-9);
    return steps >= this.totalSteps || periods(steps) > periods(steps - 1);
  }

  /** Returns the side of the network input at a step, counted from 0. */
  inputSize(step: number): number {
    const { inputSizes, seed } = this.#config;
    const done = step / this.totalSteps;
    const { sizes } = inputSizes.findLast(({ from }) => done >= from)!;
    return sizes.length === 1 ? sizes[0] : deriveRandom(seed, SIZE_STREAM, step).pick(sizes);
  }

  learningRate(step: number): number {
    return learningRateAt(this.#config.schedule, step, this.totalSteps);
  }

  /** Returns the factors of the learning rate by layer; a layer with 0 is frozen. */
  layerRates(step: number): Map<string, number> {
    return layerRatesAt(this.#config.freeze, this.#layers, step, this.totalSteps);
  }

  /** Returns the images of a step, one list per gradient. */
  batches(step: number): Draw[][] {
    const { batch, accumulate } = this.#config;
    return Array.from({ length: accumulate }, (_, part) =>
      this.#sampler.draws((step * accumulate + part) * batch, batch),
    );
  }
}
