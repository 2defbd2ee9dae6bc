/** Typed access to the post-process kernels (assembly/postprocess.ts), which convert heads to detections. */
import { type AnchorOptions, anchorCount, type GridShape } from '../anchors.ts';
import { RefineDetError } from '../errors.ts';
import type { HeadMap, HeadName } from '../heads.ts';
import { show } from '../option-checks.ts';
import { writeAnchorGrid } from './anchor-buffer.ts';
import { Level } from './generated/abi.ts';
import { float32View, type Heap } from './heap.ts';
import { type RecordValues, writeRecord } from './heap-records.ts';
import type { Kernels } from './module.ts';
import { POSTPROCESS_DEFAULTS, type PostprocessOptions } from './postprocess-options.ts';
import { GrowingBuffer, type RawDetections, Workspace } from './workspace.ts';

/** Heads in the heap, of one level or of all levels joined: an address for each output, and `anchors`. */
export type HeadPointers = RecordValues<typeof Level>;

/** Options that determine the anchors; see anchorGrid. */
export interface AnchorGrid {
  levels: readonly GridShape[];
  inputHeight: number;
  inputWidth: number;
  options: AnchorOptions;
}

/** Converts head outputs to detections. Owns its anchors, scratch and result memory. */
export class PostProcessor {
  /** Number of anchors (N). */
  readonly anchors: number;
  readonly #kernels: Kernels;
  readonly #heap: Heap;
  readonly #classes: number;
  readonly #anchors: number;
  readonly #levels: GrowingBuffer;
  readonly #uploads: GrowingBuffer;
  readonly #workspace: Workspace;
  #isDisposed = false;

  /**
   * @param anchors a grid, or [N, 4] (cx, cy, w, h), normalized
   * @param classes object classes (K), background not counted
   * @throws INVALID_ARGUMENT, OUT_OF_MEMORY
   */
  constructor(kernels: Kernels, anchors: AnchorGrid | Float32Array, classes: number) {
    if (!(Number.isInteger(classes) && classes >= 1)) {
      throw new RefineDetError(
        'INVALID_ARGUMENT',
        `classes must be a whole number from 1, not ${classes}`,
      );
    }
    this.#kernels = kernels;
    this.#heap = kernels.heap;
    this.#classes = classes;
    this.anchors =
      anchors instanceof Float32Array
        ? anchors.length / 4
        : anchorCount(anchors.levels, anchors.options);
    this.#anchors = this.#heap.malloc(16 * this.anchors);
    if (anchors instanceof Float32Array) {
      float32View(this.#heap, this.#anchors, anchors.length).set(anchors);
    } else {
      const { levels, inputHeight, inputWidth, options } = anchors;
      writeAnchorGrid(kernels, this.#anchors, levels, inputHeight, inputWidth, options);
    }
    this.#levels = new GrowingBuffer(this.#heap);
    this.#uploads = new GrowingBuffer(this.#heap);
    this.#workspace = new Workspace(kernels, classes);
  }

  /**
   * Returns the detections of one image, normalized.
   *
   * Anchors are dropped if their offsets or objectness logits are not finite, if their class logits
   * contain NaN or +Infinity (-Infinity is probability 0), or if their box has no area inside the image
   * or an area that float32 cannot hold.
   * @param levels heads in the order of the anchors: one entry per level, or one for all
   * @param options see resolvePostprocessOptions; default the released code's
   * @throws INVALID_ARGUMENT, INVALID_OPTION, OUT_OF_MEMORY, DISPOSED
   */
  run(
    levels: readonly HeadPointers[],
    options: PostprocessOptions = POSTPROCESS_DEFAULTS,
  ): RawDetections {
    this.#checkAlive();
    const anchors = levels.reduce((sum, level) => sum + level.anchors, 0);
    this.#checkAnchors(anchors);
    const table = this.#levels.reserve(Level.bytes * levels.length);
    const parameters = this.#workspace.prepare(anchors, options, {
      anchors: this.#anchors,
      levels: table,
      levelCount: levels.length,
    });
    levels.forEach((level, i) => {
      writeRecord(this.#heap, table + Level.bytes * i, Level, level);
    });
    return this.#workspace.read(this.#kernels.postprocess(parameters));
  }

  /** Returns the detections for heads outside the heap, such as downloads from a GPU or plain arrays. */
  runArrays(
    levels: readonly HeadMap<Float32Array>[],
    options: PostprocessOptions = POSTPROCESS_DEFAULTS,
  ): RawDetections {
    this.#checkAlive();
    for (const level of levels) checkHeads(level, this.#classes);
    this.#checkAnchors(levels.reduce((sum, { armConf }) => sum + armConf.length / 2, 0));
    let at = this.#uploads.reserve(4 * this.anchors * (4 + 2 + 4 + this.#classes + 1));
    const upload = (values: Float32Array) => {
      const pointer = at;
      float32View(this.#heap, pointer, values.length).set(values);
      at += values.byteLength;
      return pointer;
    };
    const pointers = levels.map(({ armLoc, armConf, odmLoc, odmConf }) => ({
      anchors: armConf.length / 2,
      armLoc: upload(armLoc),
      armConf: upload(armConf),
      odmLoc: upload(odmLoc),
      odmConf: upload(odmConf),
    }));
    return this.run(pointers, options);
  }

  /** Frees the memory; a second call does nothing. */
  dispose(): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    this.#heap.free(this.#anchors);
    this.#levels.dispose();
    this.#uploads.dispose();
    this.#workspace.dispose();
  }

  #checkAlive(): void {
    if (this.#isDisposed) {
      throw new RefineDetError('DISPOSED', 'the post-processor was used after dispose()');
    }
  }

  #checkAnchors(anchors: number): void {
    if (anchors === this.anchors) return;
    throw new RefineDetError(
      'INVALID_ARGUMENT',
      `the heads describe ${anchors} anchors, expected ${this.anchors}`,
    );
  }
}

/** Checks that all four outputs describe the same anchors. */
function checkHeads(heads: HeadMap<Float32Array>, classes: number): void {
  const widths = { armConf: 2, armLoc: 4, odmLoc: 4, odmConf: classes + 1 };
  for (const [name, width] of Object.entries(widths) as [HeadName, number][]) {
    requireFloats(name, heads?.[name]);
    const anchors = Math.floor(heads.armConf.length / 2);
    const { length } = heads[name];
    if (length === anchors * width) continue;
    throw new RefineDetError(
      'INVALID_ARGUMENT',
      `${name} has ${length} numbers, expected ${width} for each of ${anchors} anchors`,
    );
  }
}

/** @throws INVALID_ARGUMENT */
export function requireFloats(name: string, value: unknown): void {
  if (value instanceof Float32Array) return;
  throw new RefineDetError(
    'INVALID_ARGUMENT',
    `${name} must be a Float32Array, not ${show(value)}`,
  );
}
