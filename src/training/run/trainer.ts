/** One run: replicas compute gradients of slices; the optimizer in this thread updates the weights. */
import type { TfjsBackend } from '../../backend/tfjs.ts';
import { RefineDetError } from '../../errors.ts';
import type { Model } from '../../model/model.ts';
import type { TrainConfig } from '../config/train-config.ts';
import { type Draw, Sampler } from '../data/sampling.ts';
import { sampleWeights, type TrainingData } from '../data/training-set.ts';
import type { Replica } from '../data-parallel/replica-protocol.ts';
import { startReplicas } from '../data-parallel/start-replicas.ts';
import { layOutParameters, readWeights } from '../memory/parameter-layout.ts';
import { TrainingMemory } from '../memory/training-memory.ts';
import { createOptimizer } from '../optimizers/create-optimizer.ts';
import type { Optimizer, OptimizerState } from '../optimizers/optimizer.ts';
import { type EvaluateOptions, evaluateReplicas } from './evaluate-weights.ts';
import { TrainPlan } from './run-plan.ts';
import type { EvaluationRecord, StepRecord } from './step-record.ts';
import { StepTotals, sumCounts } from './step-totals.ts';
import type { TrainingHost } from './training-host.ts';

/** State that continues a run bit by bit; order, rates and random numbers follow from the step. */
export interface TrainerState {
  /** Steps completed. */
  step: number;
  weights: Float32Array;
  averages: Float32Array;
  averageUpdates: number;
  optimizer: OptimizerState;
}

export interface TrainerSetup {
  /** Complete configuration: see resolveTrainConfig. */
  config: TrainConfig;
  data: TrainingData;
  /** Model without batch normalization. */
  model: Model;
  /** Network that the model learns from; see `distill` of the configuration. */
  teacher?: Model;
  host: TrainingHost;
  /** Backend that runs the network instead of the workers. Default: wasm. */
  gpu?: TfjsBackend;
  /** Receives sentences about images that cannot be read. */
  warn: (message: string) => void;
}

/** Learning rates of a step. */
interface Rates {
  learningRate: number;
  layerRates: ReadonlyMap<string, number>;
}

export class Trainer {
  readonly plan: TrainPlan;
  readonly #setup: TrainerSetup;
  readonly #memory: TrainingMemory;
  readonly #optimizer: Optimizer;
  #replicas: readonly Replica[] = [];
  readonly #warned = new Set<string>();
  #step = 0;
  /** Resolves when the replicas have prepared the next batch. */
  #prepared: Promise<unknown> | undefined;

  private constructor(setup: TrainerSetup, memory: TrainingMemory) {
    const { config, data, model } = setup;
    const sampler = new Sampler(sampleWeights(data.train, config.sampling), config.seed);
    this.plan = new TrainPlan(config, model.graph, sampler);
    this.#setup = setup;
    this.#memory = memory;
    const { kernels, layout, weights } = memory;
    this.#optimizer = createOptimizer(kernels, layout, weights, config.optimizer);
  }

  /** @throws BACKEND_UNAVAILABLE, MISSING_DEPENDENCY, OUT_OF_MEMORY, INVALID_OPTION */
  static async create(setup: TrainerSetup, state?: TrainerState): Promise<Trainer> {
    const { config, model, host, gpu } = setup;
    const layout = layOutParameters(model.graph);
    const { batch, workers, averageDecay } = config;
    const replicas = gpu ? 1 : Math.min(workers, batch);
    const memory = await TrainingMemory.create(layout, model.weights, {
      replicas,
      shared: replicas > 1,
      averageDecay,
    });
    const trainer = new Trainer(setup, memory);
    if (state) {
      memory.view(memory.weights).set(state.weights);
      memory.average.restore(state.averages, state.averageUpdates);
      trainer.#optimizer.importState(state.optimizer);
      trainer.#step = state.step;
    }
    const current = { ...model, weights: readWeights(memory.view(memory.weights), layout) };
    const { data, teacher } = setup;
    const options = { config, data, model: current, teacher };
    trainer.#replicas = await startReplicas(options, memory, host, gpu);
    return trainer;
  }

  /** Steps completed. */
  get step(): number {
    return this.#step;
  }

  get finished(): boolean {
    return this.#step >= this.plan.totalSteps;
  }

  /**
   * Makes the next step.
   * @throws TRAINING_DIVERGED when the loss or its gradient is not finite; the weights are then unchanged
   */
  async advance(): Promise<StepRecord> {
    const start = performance.now();
    const step = this.#step;
    const batches = this.plan.batches(step);
    const rates = this.#rates(step);
    const totals = new StepTotals(batches.length);
    for (const part of batches.keys()) await this.#addGradients(part, batches, rates, totals);
    const { gradientNorm, applied } = this.#optimizer.step(this.#memory.gradientSum, {
      ...rates,
      gradientScale: 1 / batches.length,
    });
    if (!applied) throw this.#diverged('gradient', totals, batches.flat());
    this.#memory.average.update();
    this.#step++;
    const milliseconds = performance.now() - start;
    return {
      step: this.#step,
      epoch: this.plan.epochsAfter(this.#step),
      losses: totals.losses,
      positives: totals.positives,
      learningRate: rates.learningRate,
      gradientNorm,
      inputSize: this.plan.inputSize(step),
      imagesPerSecond: (1000 * this.plan.images) / milliseconds,
      computeShare: totals.computeMs / milliseconds,
    };
  }

  /** Scores the averaged weights on the validation data. */
  async evaluate(options: EvaluateOptions = {}): Promise<Omit<EvaluationRecord, 'best'>> {
    const { data, config } = this.#setup;
    return evaluateReplicas(this.#replicas, data.validation!, config.evaluation, options);
  }

  /** Returns a model with copies of the averaged weights. */
  averagedModel(): Model {
    const { average, layout } = this.#memory;
    return { ...this.#setup.model, weights: readWeights(average.read(), layout) };
  }

  exportState(): TrainerState {
    const { average, weights } = this.#memory;
    return {
      step: this.#step,
      weights: this.#memory.view(weights).slice(),
      averages: average.read(),
      averageUpdates: average.updates,
      optimizer: this.#optimizer.exportState(),
    };
  }

  async close(): Promise<void> {
    // Work in this thread must end before its tensors are freed.
    if (this.#replicas.length === 1) await this.#prepared?.catch(() => {});
    else this.#prepared?.catch(() => {});
    await Promise.all(this.#replicas.map((replica) => replica.dispose()));
  }

  #rates(step: number): Rates {
    return { learningRate: this.plan.learningRate(step), layerRates: this.plan.layerRates(step) };
  }

  /** Adds the gradients of one of the step's batches to the shared memory. */
  async #addGradients(
    part: number,
    batches: readonly Draw[][],
    { layerRates }: Rates,
    totals: StepTotals,
  ): Promise<void> {
    const step = this.#step;
    const draws = batches[part];
    await (this.#prepared ?? this.#prepare(draws, step));
    const frozen = [...layerRates].filter(([, rate]) => rate === 0).map(([layer]) => layer);
    const replicas = this.#replicas;
    const counts = await Promise.all(replicas.map((replica) => replica.match(frozen)));
    const positives = sumCounts(counts);
    const slices = await Promise.all(replicas.map((replica) => replica.differentiate(positives)));
    // The replicas read the next images while the optimizer works here.
    this.#prepared = this.#prepareNext(part, batches);
    totals.add(slices);
    if (!totals.isFinite) throw this.#diverged('loss', totals, draws);
    for (const warning of slices.flatMap(({ warnings }) => warnings)) this.#warnOnce(warning);
    this.#memory.sumGradients((layer) => layerRates.get(layer) !== 0, part === 0, batches.length);
  }

  #prepareNext(part: number, batches: readonly Draw[][]): Promise<unknown> | undefined {
    const step = this.#step;
    if (part + 1 < batches.length) return this.#prepare(batches[part + 1], step);
    if (step + 1 >= this.plan.totalSteps) return undefined;
    return this.#prepare(this.plan.batches(step + 1)[0], step + 1);
  }

  #prepare(draws: readonly Draw[], step: number): Promise<unknown> {
    const inputSize = this.plan.inputSize(step);
    const count = this.#replicas.length;
    const preparing = Promise.all(
      this.#replicas.map((replica, i) => {
        const [from, to] = [i, i + 1].map((part) => Math.floor((part * draws.length) / count));
        return replica.prepare({ draws: draws.slice(from, to), inputSize });
      }),
    );
    preparing.catch(() => {}); // reported where it is awaited
    return preparing;
  }

  #diverged(what: string, totals: StepTotals, draws: readonly Draw[]): RefineDetError {
    const { images } = this.#setup.data.train;
    const names = [...new Set(draws.map(({ image }) => images[image].fileName))].join(', ');
    return new RefineDetError(
      'TRAINING_DIVERGED',
      `the ${what} of step ${this.#step + 1} is not finite (${totals}); its images are ${names}`,
    );
  }

  #warnOnce(warning: string): void {
    if (this.#warned.has(warning)) return;
    this.#warned.add(warning);
    this.#setup.warn(warning);
  }
}
