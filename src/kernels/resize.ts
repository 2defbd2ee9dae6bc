/** Typed access to the resize kernel (assembly/resize.ts), which converts images to network input. */
import type { Box } from '../boxes.ts';
import { RefineDetError } from '../errors.ts';
import type { RawImage } from '../image/raw-image.ts';
import { Resize, ResizeInput } from './generated/abi.ts';
import { float32View, type Heap, uint8View } from './heap.ts';
import { writeRecord } from './heap-records.ts';
import type { Kernels } from './module.ts';
import { GrowingBuffer } from './workspace.ts';

export interface ResizeOptions {
  /** Part of the source, in whole pixels; default: the whole source. */
  crop?: Box;
  /** Mirrors the result left to right; default false. */
  flip?: boolean;
}

export interface NormalizeOptions extends ResizeOptions {
  /** Three numbers each, in `channelOrder`: the result is (pixel - mean) / std, pixels 0..255. */
  mean: readonly number[];
  std: readonly number[];
  channelOrder: 'RGB' | 'BGR';
}

export interface ResizeTarget {
  /** Address of float32 [height, width, 3] in the kernels' heap. */
  pointer: number;
  width: number;
  height: number;
}

const NORMALIZATION_BYTES = 96;

/** The kernel reads four bytes per pixel, even if it has fewer channels. */
const PADDING_BYTES = 3;

/** Size of the bands in which images pass through the heap; the heap does not grow with the image. */
const BAND_BYTES = 4 * 1024 * 1024;

/**
 * Resizes bilinearly, equal to cv2.resize with INTER_LINEAR: half-pixel centers, no antialiasing, aspect
 * ratio not kept. Owns its heap memory and allocates only when a row is longer than before.
 */
export class Preprocessor {
  readonly #kernels: Kernels;
  readonly #heap: Heap;
  readonly #record: number;
  readonly #source: GrowingBuffer;
  readonly #scratch: GrowingBuffer;
  readonly #bytes: GrowingBuffer;

  constructor(kernels: Kernels) {
    this.#kernels = kernels;
    this.#heap = kernels.heap;
    this.#record = this.#heap.malloc(Resize.bytes + NORMALIZATION_BYTES);
    this.#source = new GrowingBuffer(this.#heap);
    this.#scratch = new GrowingBuffer(this.#heap);
    this.#bytes = new GrowingBuffer(this.#heap);
  }

  /**
   * Resizes and normalizes an image into the input of a network; gray is repeated, alpha dropped.
   * @throws INVALID_ARGUMENT for a crop that is not inside the image, OUT_OF_MEMORY
   */
  run(image: RawImage, target: ResizeTarget, options: NormalizeOptions): void {
    const { mean, std, channelOrder } = options;
    const normalization = this.#record + Resize.bytes;
    const factors = Array.from({ length: 12 }, (_, i) => 1 / std[i % 3]);
    const summands = factors.map((factor, i) => -mean[i % 3] * factor);
    float32View(this.#heap, normalization, 24).set([...factors, ...summands]);

    const bgr = channelOrder === 'BGR';
    const rowBytes = target.width * 12;
    this.#bands(image, target, { ...options, bgr }, target.height, (from, to) => {
      const address = target.pointer + from * rowBytes;
      this.#kernels.resizeToFloat(this.#record, from, to, address, normalization);
    });
  }

  /**
   * Returns a resized copy with the same channels, rounded to whole levels.
   * @throws INVALID_ARGUMENT for a crop that is not inside the image, OUT_OF_MEMORY
   */
  resizeUint8(
    image: RawImage,
    size: { width: number; height: number },
    options: ResizeOptions = {},
  ): RawImage {
    const { width, height } = size;
    const { channels } = image;
    const rowBytes = width * channels;
    const data = new Uint8Array(height * rowBytes);
    const bandRows = Math.max(1, Math.floor(BAND_BYTES / rowBytes));
    const band = this.#bytes.reserve(Math.min(bandRows, height) * rowBytes);
    this.#bands(image, size, { ...options, bgr: false }, bandRows, (from, to) => {
      this.#kernels.resizeToBytes(this.#record, from, to, band);
      data.set(uint8View(this.#heap, band, (to - from) * rowBytes), from * rowBytes);
    });
    return { data, width, height, channels };
  }

  dispose(): void {
    this.#heap.free(this.#record);
    this.#source.dispose();
    this.#scratch.dispose();
    this.#bytes.dispose();
  }

  /** Calls `emit` for target rows [from, to) whose source rows are in the heap. */
  #bands(
    image: RawImage,
    { width, height }: { width: number; height: number },
    { crop, flip = false, bgr }: ResizeOptions & { bgr: boolean },
    mostRows: number,
    emit: (from: number, to: number) => void,
  ): void {
    const rect = crop ?? { x: 0, y: 0, width: image.width, height: image.height };
    checkCrop(rect, image);
    const stride = rect.width * image.channels;
    const scale = rect.height / height;
    // The first source row of a band is one early and the last one late, for rounding.
    const margin = 3;
    const rows = Math.max(0, Math.floor(BAND_BYTES / stride) - margin);
    const step = Math.min(height, mostRows, Math.max(1, Math.floor(rows / scale)));
    const bandRows = Math.min(rect.height, Math.ceil((step - 1) * scale) + margin + 1);

    const source = this.#source.reserve(bandRows * stride + PADDING_BYTES);
    const scratch = this.#scratch.reserve(this.#kernels.resizeScratchBytes(width));
    const input = {
      source,
      sourceWidth: rect.width,
      sourceHeight: rect.height,
      stride,
      channels: image.channels,
      width,
      height,
      flip: Number(flip),
      bgr: Number(bgr),
      scratch,
    };
    writeRecord(this.#heap, this.#record, ResizeInput, input);
    this.#kernels.beginResize(this.#record);
    for (let from = 0; from < height; from += step) {
      const to = Math.min(height, from + step);
      const first = Math.max(0, Math.floor((from + 0.5) * scale - 0.5) - 1);
      const last = Math.min(rect.height, Math.floor((to - 0.5) * scale - 0.5) + 3);
      copyRows(image, rect, first, last, uint8View(this.#heap, source, (last - first) * stride));
      // Address that row 0 would have; wraps around below address 0.
      const start = source - first * stride;
      writeRecord(this.#heap, this.#record, ResizeInput, { ...input, source: start });
      emit(from, to);
    }
  }
}

function checkCrop({ x, y, width, height }: Box, image: RawImage): void {
  const whole = [x, y, width, height].every(Number.isInteger);
  const inside = x >= 0 && y >= 0 && x + width <= image.width && y + height <= image.height;
  if (whole && inside && width > 0 && height > 0) return;
  throw new RefineDetError(
    'INVALID_ARGUMENT',
    `a crop of ${width}×${height} pixels at (${x}, ${y}) is not inside a ${image.width}×${image.height} image`,
  );
}

/** Copies rows [first, last) of a rectangle without gaps. */
function copyRows(
  { data, width, channels }: RawImage,
  rect: Box,
  first: number,
  last: number,
  packed: Uint8Array,
): void {
  const rowBytes = width * channels;
  if (rect.width === width) {
    packed.set(data.subarray((rect.y + first) * rowBytes, (rect.y + last) * rowBytes));
    return;
  }
  const stride = rect.width * channels;
  for (let row = first; row < last; row++) {
    const start = (rect.y + row) * rowBytes + rect.x * channels;
    packed.set(data.subarray(start, start + stride), (row - first) * stride);
  }
}
