/**
 * Loss of the heads of a batch and its gradient, by the kernels of assembly/loss.ts (paper section
 * 3.4). Two phases, so that workers with a slice of the batch each can share one normalizer.
 */
import { RefineDetError } from '../../errors.ts';
import { Module as ModuleRecord } from '../../kernels/generated/abi.ts';
import type { Kernels } from '../../kernels/module.ts';
import { type RecordValues, readRecord, writeRecord } from '../../kernels/records.ts';
import type { HeadMap } from '../../heads.ts';
import { LossMemory } from './loss-memory.ts';
import { type LossOptions, resolveLossOptions } from './loss-options.ts';
import { checkTruth, type Truth } from './truth.ts';

/** A number for each of the two modules. */
export interface ModuleCounts {
  arm: number;
  odm: number;
}

/** The loss of a batch, in all and by part. */
export interface LossParts {
  /** Weighted and normalized; NaN when a head holds a number that is not finite. */
  armConf: number;
  armLoc: number;
  odmConf: number;
  odmLoc: number;
  /** Their sum. */
  total: number;
  /** Matched anchors of these images. */
  positives: ModuleCounts;
  /** Mined negatives of these images. */
  negatives: ModuleCounts;
}

type Module = keyof ModuleCounts;

/**
 * Owns its anchors and scratch memory in the kernels' heap, which settles after the largest batch.
 * One object serves one input size.
 */
export class DetectionLoss {
  readonly options: Readonly<LossOptions>;
  readonly kernels: Kernels;
  /** Anchors (N). */
  readonly anchors: number;
  /** Object classes (K). */
  readonly classes: number;
  readonly #memory: LossMemory;
  #images = 0;
  #matches: ModuleCounts = { arm: 0, odm: 0 };
  #positives: ModuleCounts = { arm: 0, odm: 0 };

  /**
   * @param anchors [N, 4] (cx, cy, w, h), normalized
   * @param classes object classes (K), background not counted
   * @throws INVALID_OPTION, INVALID_ARGUMENT, OUT_OF_MEMORY
   */
  constructor(
    kernels: Kernels,
    anchors: Float32Array,
    classes: number,
    options: Partial<LossOptions> = {},
  ) {
    if (anchors.length === 0 || anchors.length % 4 !== 0) {
      throw new RefineDetError(
        'INVALID_ARGUMENT',
        `anchors need four numbers each, not ${anchors.length} in all`,
      );
    }
    this.options = resolveLossOptions(options);
    this.kernels = kernels;
    this.anchors = anchors.length / 4;
    this.classes = classes;
    this.#memory = new LossMemory(kernels, anchors);
  }

  /**
   * Phase 1: matches the anchors of the images.
   * @param heads addresses; only armLoc is read, and only where the options refine anchors
   * @param truths one an image
   * @returns positives, to be added up over the workers
   * @throws INVALID_ARGUMENT, OUT_OF_MEMORY
   */
  match(heads: HeadMap<number>, truths: readonly Truth[]): ModuleCounts {
    for (const truth of truths) checkTruth(truth, this.classes);
    this.#images = truths.length;
    this.#matches = this.#memory.prepare(truths, this.options);
    this.#writeModule('arm', { ...MATCHED_ONLY, loc: heads.armLoc });
    this.#writeModule('odm', MATCHED_ONLY);
    this.kernels.matchBatch(this.#memory.batch);
    this.#positives = {
      arm: this.#readModule('arm').positives,
      odm: this.#readModule('odm').positives,
    };
    return this.#positives;
  }

  /**
   * Phase 2, for the images of the last {@link match}.
   * @param heads addresses
   * @param gradients addresses that receive the gradient of the total loss at each head (overwritten
   *   whole); undefined when only the loss is wanted
   * @param positives of the whole batch, over all workers: what the losses are divided by
   */
  evaluate(
    heads: HeadMap<number>,
    gradients: HeadMap<number> | undefined,
    positives: ModuleCounts,
  ): LossParts {
    const { weights } = this.options;
    // No positives, no loss: never a division by zero.
    const scale = (weight: number, count: number) => (count > 0 ? weight / count : 0);
    this.#writeModule('arm', {
      conf: heads.armConf,
      loc: heads.armLoc,
      confGradient: gradients?.armConf ?? 0,
      locGradient: gradients?.armLoc ?? 0,
      confScale: scale(weights.armConf, positives.arm),
      locScale: scale(weights.armLoc, positives.arm),
    });
    this.#writeModule('odm', {
      conf: heads.odmConf,
      loc: heads.odmLoc,
      confGradient: gradients?.odmConf ?? 0,
      locGradient: gradients?.odmLoc ?? 0,
      confScale: scale(weights.odmConf, positives.odm),
      locScale: scale(weights.odmLoc, positives.odm),
    });
    this.kernels.lossBatch(this.#memory.batch);
    const arm = this.#readModule('arm');
    const odm = this.#readModule('odm');
    return {
      armConf: arm.confLoss,
      armLoc: arm.locLoss,
      odmConf: odm.confLoss,
      odmLoc: odm.locLoss,
      total: arm.confLoss + arm.locLoss + odm.confLoss + odm.locLoss,
      positives: { arm: arm.positives, odm: odm.positives },
      negatives: { arm: arm.negatives, odm: odm.negatives },
    };
  }

  /** Both phases for a whole batch. */
  compute(
    heads: HeadMap<number>,
    truths: readonly Truth[],
    gradients?: HeadMap<number>,
  ): LossParts {
    return this.evaluate(heads, gradients, this.match(heads, truths));
  }

  /**
   * What the last {@link match} decided: [B, N], the index of an image's box, or NEGATIVE (-1)
   * or NEUTRAL (-2).
   */
  matches(module: Module): Int32Array {
    return this.#memory.readMatches(this.#matches[module], this.#images);
  }

  /** Gives its memory back. */
  dispose(): void {
    this.#memory.dispose();
  }

  #writeModule(name: Module, values: LossInput): void {
    const { positive, negative } = this.options[name];
    writeRecord(this.#memory.heap, this.#memory[name], ModuleRecord, {
      confLoss: 0,
      locLoss: 0,
      negatives: 0,
      positives: this.#positives[name],
      classes: name === 'arm' ? 2 : this.classes + 1,
      positiveOverlap: positive,
      negativeOverlap: negative,
      matches: this.#matches[name],
      ...values,
    });
  }

  #readModule(name: Module): RecordValues<typeof ModuleRecord> {
    return readRecord(this.#memory.heap, this.#memory[name], ModuleRecord);
  }
}

/** What the loss of a module reads besides the matches: addresses, 0 for none, and weights. */
type LossInput = Pick<
  RecordValues<typeof ModuleRecord>,
  'conf' | 'loc' | 'confGradient' | 'locGradient' | 'confScale' | 'locScale'
>;

const MATCHED_ONLY: LossInput = {
  conf: 0,
  loc: 0,
  confGradient: 0,
  locGradient: 0,
  confScale: 0,
  locScale: 0,
};

/** Stands for "no box" in matches: background, which mining may choose. */
export const NEGATIVE = -1;
/** Neither object nor background: too close to a box, or in an ignored one. */
export const NEUTRAL = -2;
