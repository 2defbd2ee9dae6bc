/** Renders a plan and its images to network input, with the kernel of assembly/augment.ts. */
import { RefineDetError } from '../../errors.ts';
import type { RawImage } from '../../image/raw-image.ts';
import { TileColumn, Tile as TileRecord } from '../../kernels/generated/abi.ts';
import { float32View, type Heap, uint8View } from '../../kernels/heap.ts';
import { writeRecord } from '../../kernels/heap-records.ts';
import type { TrainingKernels } from '../../kernels/training/training-kernels.ts';
import { GrowingBuffer } from '../../kernels/workspace.ts';
import type { ModelConfig } from '../../model/model.ts';
import type { SamplePlan, Tile } from './augmentation-plan.ts';
import type { ColorMatrix } from './color-jitter.ts';

/** Input format of the network. */
export type Normalization = Pick<ModelConfig, 'mean' | 'std' | 'channelOrder'>;

export interface RenderTarget {
  /** Address of float32 [height, width, 3] in the kernels' heap. */
  pointer: number;
  width: number;
  height: number;
}

const COLOR_BYTES = 96;
/** The kernel reads this far behind the last pixel. */
const SLACK_BYTES = 8;
const TARGET_PIXEL_BYTES = 12;

/** Owns its heap memory: space for the part of one image that is needed at a time. */
export class Augmenter {
  readonly #kernels: TrainingKernels;
  readonly #heap: Heap;
  readonly #normalization: Normalization;
  readonly #tile: number;
  readonly #source: GrowingBuffer;
  readonly #columns: GrowingBuffer;

  constructor(kernels: TrainingKernels, normalization: Normalization) {
    this.#kernels = kernels;
    this.#heap = kernels.heap;
    this.#normalization = normalization;
    this.#tile = this.#heap.malloc(TileRecord.bytes + COLOR_BYTES);
    this.#source = new GrowingBuffer(this.#heap);
    this.#columns = new GrowingBuffer(this.#heap);
  }

  /**
   * Renders a sample.
   * @param images images in the order of the plan's indices
   * @throws INVALID_ARGUMENT when an image is missing; OUT_OF_MEMORY
   */
  render(plan: SamplePlan, images: readonly RawImage[], target: RenderTarget): void {
    for (const tile of plan.tiles) {
      const image = images[tile.image];
      if (!image) {
        throw new RefineDetError(
          'INVALID_ARGUMENT',
          `the plan needs image ${tile.image}, but there are ${images.length}`,
        );
      }
      this.#paint(tile, image, target);
    }
  }

  dispose(): void {
    this.#heap.free(this.#tile);
    this.#source.dispose();
    this.#columns.dispose();
  }

  #paint({ from, to, flip, colors }: Tile, image: RawImage, target: RenderTarget): void {
    const { width, height } = image;
    const columns = pixelsOf(to.x, to.width, target.width);
    const rows = pixelsOf(to.y, to.height, target.height);
    if (columns.count === 0 || rows.count === 0) return;
    const across = along(columns, to.x, to.width, target.width);
    const down = along(rows, to.y, to.height, target.height);
    // Mirrored, the first column shows the end of the part.
    const x = from.x + from.width * (flip ? 1 - across.start : across.start);
    const y = from.y + from.height * down.start;
    const stepX = from.width * across.step * width * (flip ? -1 : 1);
    const stepY = from.height * down.step * height;
    const channels = image.channels === 4 ? 4 : 3;
    const band = rowsBetween(y * height, y * height + stepY * (rows.count - 1), height);
    const source = this.#upload(image, band);
    this.#writeColors(colors);
    writeRecord(this.#heap, this.#tile, TileRecord, {
      x: x * width,
      y: y * height,
      stepX,
      stepY,
      // The address of the first row, even if that row is not loaded.
      source: source - band.first * width * channels,
      width,
      height,
      channels,
      target: target.pointer + TARGET_PIXEL_BYTES * (rows.first * target.width + columns.first),
      rowBytes: TARGET_PIXEL_BYTES * target.width,
      columns: columns.count,
      rows: rows.count,
      colors: this.#tile + TileRecord.bytes,
      scratch: this.#columns.reserve(TileColumn.bytes * target.width),
    });
    this.#kernels.paintTile(this.#tile);
  }

  /** Copies some rows of an image; gray rows as three channels. */
  #upload({ data, width, channels }: RawImage, { first, count }: Span): number {
    const pixels = data.subarray(first * width * channels, (first + count) * width * channels);
    const bytes = channels === 1 ? 3 * pixels.length : pixels.length;
    const pointer = this.#source.reserve(bytes + SLACK_BYTES);
    const view = uint8View(this.#heap, pointer, bytes);
    if (channels === 1) {
      for (let i = 0; i < pixels.length; i++) view.fill(pixels[i], 3 * i, 3 * i + 3);
    } else {
      view.set(pixels);
    }
    return pointer;
  }

  /** The matrix by columns, in the network's channel order, combined with the normalization. */
  #writeColors(colors: ColorMatrix): void {
    const { mean, std, channelOrder } = this.#normalization;
    const order = channelOrder === 'RGB' ? [0, 1, 2] : [2, 1, 0];
    const view = float32View(this.#heap, this.#tile + TileRecord.bytes, COLOR_BYTES / 4);
    order.forEach((color, channel) => {
      for (let column = 0; column < 4; column++) {
        view[4 * column + channel] = colors[4 * color + column];
      }
      view[16 + channel] = 1 / std[channel];
      view[20 + channel] = -mean[channel] / std[channel];
    });
  }
}

interface Span {
  first: number;
  count: number;
}

/** Pixels whose centers are in [start, start + length), in fractions of `size` pixels. */
function pixelsOf(start: number, length: number, size: number): Span {
  const first = Math.max(0, Math.ceil(start * size - 0.5));
  const end = Math.min(size, Math.ceil((start + length) * size - 0.5));
  return { first, count: Math.max(0, end - first) };
}

/** Center of the first pixel and the step to the next, in fractions of the enclosing interval. */
function along({ first }: Span, start: number, length: number, size: number) {
  return { start: ((first + 0.5) / size - start) / length, step: 1 / (size * length) };
}

/** Rows that interpolation between two positions reads; at least one. */
function rowsBetween(start: number, end: number, height: number): Span {
  const clamp = (row: number) => Math.min(Math.max(row, 0), height - 1);
  const first = clamp(Math.floor(start - 0.5));
  return { first, count: clamp(Math.floor(end - 0.5) + 1) - first + 1 };
}
