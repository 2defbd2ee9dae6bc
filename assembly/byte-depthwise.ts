/**
 * Depthwise 3×3 convolution of 8-bit maps in 16-bit arithmetic. Products are rounded to 16 bits; the
 * weights are scaled per channel so that sums use most of the 16 bits and never overflow.
 */
import { DepthwiseShape, GROUP, KERNEL } from './depthwise';

/** Channels of a vector. */
const LANES = 8;
/** Bits by which the input is shifted: 255 becomes 32640. */
const SHIFT = 7;

/** Shape and tensors. */
@unmanaged
class ByteDepthwise {
  shape: DepthwiseShape;
  /** 0..255 */
  x: usize;
  /** i16: [3, 3, channels] weights, then [channels] starts of the sums, then [channels] multipliers. */
  filter: usize;
  /** Saturated to 0..255, which is a rectifier. */
  y: usize;
}

/**
 * Computes some lines of the output.
 *
 * @param from,to lines, of batch · outHeight
 */
export function depthwiseBytes(d: ByteDepthwise, from: i32, to: i32): void {
  const s = d.shape;
  const pixelBytes = <usize>s.channels;
  const lineBytes = <usize>s.width * pixelBytes;
  const start = d.filter + 2 * KERNEL * KERNEL * pixelBytes;
  let y = d.y + <usize>from * <usize>s.outWidth * pixelBytes;
  for (let i = from; i < to; i++) {
    const image = d.x + <usize>(i / s.outHeight) * <usize>s.height * lineBytes;
    const top = (i % s.outHeight) * s.stride - s.padTop;
    const firstRow = max(0, -top);
    const rows = min(KERNEL, s.height - top) - firstRow;
    const line = image + <usize>(top + firstRow) * lineBytes;
    const taps = d.filter + 2 * <usize>(firstRow * KERNEL) * pixelBytes;
    for (let outX = 0; outX < s.outWidth; ) {
      const left = outX * s.stride - s.padLeft;
      if (startsGroup(s, outX, left)) {
        const window = line + <usize>left * pixelBytes;
        if (s.stride == 1) group1(window, taps, y, start, rows, pixelBytes, lineBytes);
        else group2(window, taps, y, start, rows, pixelBytes, lineBytes);
        outX += GROUP;
        y += <usize>GROUP * pixelBytes;
      } else {
        const first = max(0, -left);
        const columns = min(KERNEL, s.width - left) - first;
        const window = line + <usize>(left + first) * pixelBytes;
        const tap = taps + 2 * <usize>first * pixelBytes;
        sumWindow(y, start, window, lineBytes, tap, rows, columns, pixelBytes);
        outX++;
        y += pixelBytes;
      }
    }
  }
}

/** As in depthwise.ts, for vectors of eight channels. */
function startsGroup(s: DepthwiseShape, outX: i32, left: i32): bool {
  const right = left + (GROUP - 1) * s.stride + KERNEL;
  const isInside = outX + GROUP <= s.outWidth && left >= 0 && right <= s.width;
  return isInside && (s.channels & (LANES - 1)) == 0;
}

abstract class Word {
  @inline
  static load(address: usize): v128 {
    return i16x8.shl(v128.load8x8_u(address), SHIFT);
  }

  @inline
  static addProduct(sum: v128, x: v128, weight: v128): v128 {
    return i16x8.add_sat_s(sum, i16x8.q15mulr_sat_s(x, weight));
  }

  @inline
  static store(address: usize, sum: v128, multiplier: v128): void {
    const y = i16x8.q15mulr_sat_s(sum, multiplier);
    v128.store64_lane(address, i8x16.narrow_i16x8_u(y, y), 0);
  }

  @inline
  static storeGroup(
    y: usize,
    pixelBytes: usize,
    y0: v128,
    y1: v128,
    y2: v128,
    y3: v128,
    multiplier: v128,
  ): void {
    Word.store(y, y0, multiplier);
    Word.store(y + pixelBytes, y1, multiplier);
    Word.store(y + 2 * pixelBytes, y2, multiplier);
    Word.store(y + 3 * pixelBytes, y3, multiplier);
  }

  /** The rounded product of {@link addProduct} for one channel. */
  @inline
  static multiply(x: i32, weight: i32): i32 {
    return min((x * weight + 0x4000) >> 15, i16.MAX_VALUE);
  }

  @inline
  static saturate(value: i32): i32 {
    return max(min(value, i16.MAX_VALUE), i16.MIN_VALUE);
  }
}

/** One pixel: the sum of `rows` times `columns` pixels and taps. */
function sumWindow(
  y: usize,
  start: usize,
  window: usize,
  lineBytes: usize,
  tap: usize,
  rows: i32,
  columns: i32,
  pixelBytes: usize,
): void {
  const tapBytes = pixelBytes << 1;
  let at: usize = 0;
  for (; at + LANES <= pixelBytes; at += LANES) {
    const word = at << 1;
    let sum = v128.load(start + word);
    for (let i = 0; i < rows; i++) {
      let pixel = window + at + <usize>i * lineBytes;
      let weight = tap + word + <usize>(i * KERNEL) * tapBytes;
      for (let j = 0; j < columns; j++, pixel += pixelBytes, weight += tapBytes) {
        sum = Word.addProduct(sum, Word.load(pixel), v128.load(weight));
      }
    }
    Word.store(y + at, sum, v128.load(start + tapBytes + word));
  }
  for (; at < pixelBytes; at++) {
    const word = at << 1;
    let sum = <i32>load<i16>(start + word);
    for (let i = 0; i < rows; i++) {
      let pixel = window + at + <usize>i * lineBytes;
      let weight = tap + word + <usize>(i * KERNEL) * tapBytes;
      for (let j = 0; j < columns; j++, pixel += pixelBytes, weight += tapBytes) {
        const x = (<i32>load<u8>(pixel)) << SHIFT;
        sum = Word.saturate(sum + Word.multiply(x, <i32>load<i16>(weight)));
      }
    }
    const value = Word.multiply(sum, <i32>load<i16>(start + tapBytes + word));
    store<u8>(y + at, max(min(value, 255), 0));
  }
}

/** Four outputs at stride 1: six columns of input. */
function group1(
  window: usize,
  taps: usize,
  y: usize,
  start: usize,
  rows: i32,
  pixelBytes: usize,
  lineBytes: usize,
): void {
  const tapBytes = pixelBytes << 1;
  for (const end = y + pixelBytes; y < end; ) {
    let y0 = v128.load(start);
    let y1 = y0;
    let y2 = y0;
    let y3 = y0;
    let line = window;
    let w = taps;
    for (let i = 0; i < rows; i++, line += lineBytes) {
      const w0 = v128.load(w);
      const w1 = v128.load((w += tapBytes));
      const w2 = v128.load((w += tapBytes));
      w += tapBytes;
      let pixel = line;
      let x = Word.load(pixel);
      y0 = Word.addProduct(y0, x, w0);
      x = Word.load((pixel += pixelBytes));
      y0 = Word.addProduct(y0, x, w1);
      y1 = Word.addProduct(y1, x, w0);
      x = Word.load((pixel += pixelBytes));
      y0 = Word.addProduct(y0, x, w2);
      y1 = Word.addProduct(y1, x, w1);
      y2 = Word.addProduct(y2, x, w0);
      x = Word.load((pixel += pixelBytes));
      y1 = Word.addProduct(y1, x, w2);
      y2 = Word.addProduct(y2, x, w1);
      y3 = Word.addProduct(y3, x, w0);
      x = Word.load((pixel += pixelBytes));
      y2 = Word.addProduct(y2, x, w2);
      y3 = Word.addProduct(y3, x, w1);
      x = Word.load(pixel + pixelBytes);
      y3 = Word.addProduct(y3, x, w2);
    }
    Word.storeGroup(y, pixelBytes, y0, y1, y2, y3, v128.load(start + tapBytes));
    window += LANES;
    taps += 2 * LANES;
    start += 2 * LANES;
    y += LANES;
  }
}

/** Four outputs at stride 2: nine columns of input. */
function group2(
  window: usize,
  taps: usize,
  y: usize,
  start: usize,
  rows: i32,
  pixelBytes: usize,
  lineBytes: usize,
): void {
  const tapBytes = pixelBytes << 1;
  for (const end = y + pixelBytes; y < end; ) {
    let y0 = v128.load(start);
    let y1 = y0;
    let y2 = y0;
    let y3 = y0;
    let line = window;
    let w = taps;
    for (let i = 0; i < rows; i++, line += lineBytes) {
      const w0 = v128.load(w);
      const w1 = v128.load((w += tapBytes));
      const w2 = v128.load((w += tapBytes));
      w += tapBytes;
      let pixel = line;
      y0 = Word.addProduct(y0, Word.load(pixel), w0);
      y0 = Word.addProduct(y0, Word.load((pixel += pixelBytes)), w1);
      let x = Word.load((pixel += pixelBytes));
      y0 = Word.addProduct(y0, x, w2);
      y1 = Word.addProduct(y1, x, w0);
      y1 = Word.addProduct(y1, Word.load((pixel += pixelBytes)), w1);
      x = Word.load((pixel += pixelBytes));
      y1 = Word.addProduct(y1, x, w2);
      y2 = Word.addProduct(y2, x, w0);
      y2 = Word.addProduct(y2, Word.load((pixel += pixelBytes)), w1);
      x = Word.load((pixel += pixelBytes));
      y2 = Word.addProduct(y2, x, w2);
      y3 = Word.addProduct(y3, x, w0);
      y3 = Word.addProduct(y3, Word.load((pixel += pixelBytes)), w1);
      y3 = Word.addProduct(y3, Word.load(pixel + pixelBytes), w2);
    }
    Word.storeGroup(y, pixelBytes, y0, y1, y2, y3, v128.load(start + tapBytes));
    window += LANES;
    taps += 2 * LANES;
    start += 2 * LANES;
    y += LANES;
  }
}
