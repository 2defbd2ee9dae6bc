/**
 * Loss of the heads of a batch and its gradient, with the kernels of assembly/loss.ts (paper section
 * 3.4). It has two phases, so that workers with one slice of the batch each can share a normalizer.
 */
import { RefineDetError } from '../../errors.ts';
import type { HeadMap } from '../../heads.ts';
import { Module as ModuleRecord } from '../../kernels/generated/abi.ts';
import { type RecordValues, readRecord, writeRecord } from '../../kernels/heap-records.ts';
import type { TrainingKernels } from '../../kernels/training/training-kernels.ts';
import type { PartialOptions } from '../../option-schema.ts';
import { LossMemory } from './loss-memory.ts';
import { type LossOptions, resolveLossOptions } from './loss-options.ts';
import { checkTruth, type Truth } from './truth.ts';

/** One number for each of the two modules (ARM, ODM). */
export interface ModuleCounts {
  arm: number;
  odm: number;
}

/** The loss of a batch: total and parts. */
export interface LossParts {
  /** Weighted and normalized parts; NaN when a head contains a value that is not finite. */
  armConf: number;
  armLoc: number;
  odmConf: number;
  odmLoc: number;
  /** Distance to the heads of a teacher; 0 without one. */
  teacher: number;
  /** Sum of the parts. */
  total: number;
  /** Number of matched anchors in these images. */
  positives: ModuleCounts;
  /** Number of mined negatives in these images. */
  negatives: ModuleCounts;
}

type Module = keyof ModuleCounts;

/**
 * Computes the loss for one input size. Owns its anchors and scratch memory in the kernels' heap; the
 * memory stops growing after the largest batch.
 */
export class DetectionLoss {
  readonly options: Readonly<LossOptions>;
  readonly kernels: TrainingKernels;
  /** Number of anchors (N). */
  readonly anchors: number;
  /** Number of object classes (K). */
  readonly classes: number;
  readonly #memory: LossMemory;
  #images = 0;
  #matches: ModuleCounts = { arm: 0, odm: 0 };
  #positives: ModuleCounts = { arm: 0, odm: 0 };

  /**
   * @param anchors [N, 4] (cx, cy, w, h), normalized
   * @param classes number of object classes (K) without background
   * @throws INVALID_OPTION, INVALID_ARGUMENT, OUT_OF_MEMORY
   */
  constructor(
    kernels: TrainingKernels,
    anchors: Float32Array,
    classes: number,
    options: PartialOptions<LossOptions> = {},
  ) {
    if (anchors.length === 0 || anchors.length % 4 !== 0) {
      throw new RefineDetError(
        'INVALID_ARGUMENT',
        `anchors must have four numbers each, not ${anchors.length} in total`,
      );
    }
    this.options = resolveLossOptions(options);
    this.kernels = kernels;
    this.anchors = anchors.length / 4;
    this.classes = classes;
    this.#memory = new LossMemory(kernels, anchors, classes + 1);
  }

  /**
   * Phase 1: matches the anchors of the images.
   * @param heads addresses; only armLoc is read, and only where the options refine anchors
   * @param truths ground truth, one entry per image
   * @returns numbers of positives, which the caller adds up over the workers
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
   * Phase 2: computes the loss of the images of the last {@link match}.
   * @param heads addresses
   * @param gradients addresses that receive the gradient of the total loss for each head (all values are
   *   overwritten); undefined when only the loss is needed
   * @param positives numbers of positives of the whole batch, over all workers: the losses are divided by them
   * @param teacher addresses of the heads of another network for the same images, which these learn from
   */
  evaluate(
    heads: HeadMap<number>,
    gradients: HeadMap<number> | undefined,
    positives: ModuleCounts,
    teacher?: HeadMap<number>,
  ): LossParts {
    const { weights } = this.options;
    // Without positives the loss is 0: avoids a division by zero.
    const scale = (weight: number, count: number) => (count > 0 ? weight / count : 0);
    this.#writeModule('arm', {
      conf: heads.armConf,
      loc: heads.armLoc,
      confGradient: gradients?.armConf ?? 0,
      locGradient: gradients?.armLoc ?? 0,
      confScale: scale(weights.armConf, positives.arm),
      locScale: scale(weights.armLoc, positives.arm),
      teacherConf: teacher?.armConf ?? 0,
      teacherLoc: teacher?.armLoc ?? 0,
      teacherScale: scale(weights.teacher, positives.arm),
    });
    this.#writeModule('odm', {
      conf: heads.odmConf,
      loc: heads.odmLoc,
      confGradient: gradients?.odmConf ?? 0,
      locGradient: gradients?.odmLoc ?? 0,
      confScale: scale(weights.odmConf, positives.odm),
      locScale: scale(weights.odmLoc, positives.odm),
      teacherConf: teacher?.odmConf ?? 0,
      teacherLoc: teacher?.odmLoc ?? 0,
      teacherScale: scale(weights.teacher, positives.odm),
    });
    this.kernels.lossBatch(this.#memory.batch);
    const arm = this.#readModule('arm');
    const odm = this.#readModule('odm');
    const taught = arm.teacherLoss + odm.teacherLoss;
    return {
      armConf: arm.confLoss,
      armLoc: arm.locLoss,
      odmConf: odm.confLoss,
      odmLoc: odm.locLoss,
      teacher: taught,
      total: arm.confLoss + arm.locLoss + odm.confLoss + odm.locLoss + taught,
      positives: { arm: arm.positives, odm: odm.positives },
      negatives: { arm: arm.negatives, odm: odm.negatives },
    };
  }

  /** Runs both phases for a whole batch. */
  compute(
    heads: HeadMap<number>,
    truths: readonly Truth[],
    gradients?: HeadMap<number>,
  ): LossParts {
    return this.evaluate(heads, gradients, this.match(heads, truths));
  }

  /**
   * Returns the result of the last {@link match}: [B, N], the index of an image's box, NEGATIVE (-1) or
   * NEUTRAL (-2).
   */
  matches(module: Module): Int32Array {
    return this.#memory.readMatches(this.#matches[module], this.#images);
  }

  /** Frees the memory. */
  dispose(): void {
    this.#memory.dispose();
  }

  #writeModule(name: Module, values: LossInput): void {
    const { positive, negative } = this.options[name];
    writeRecord(this.#memory.heap, this.#memory[name], ModuleRecord, {
      confLoss: 0,
      locLoss: 0,
      teacherLoss: 0,
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

/** Inputs of the loss of a module besides the matches: addresses (0 for none) and weights. */
type LossInput = Pick<
  RecordValues<typeof ModuleRecord>,
  | 'conf'
  | 'loc'
  | 'confGradient'
  | 'locGradient'
  | 'confScale'
  | 'locScale'
  | 'teacherConf'
  | 'teacherLoc'
  | 'teacherScale'
>;

const MATCHED_ONLY: LossInput = {
  conf: 0,
  loc: 0,
  confGradient: 0,
  locGradient: 0,
  confScale: 0,
  locScale: 0,
  teacherConf: 0,
  teacherLoc: 0,
  teacherScale: 0,
};

/** Match value for background, which mining may choose. */
export const NEGATIVE = -1;
/** Match value for neither object nor background: too close to a box, or in an ignored one. */
export const NEUTRAL = -2;
