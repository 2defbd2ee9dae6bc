/**
 * Depthwise 3×3 convolution, multiplier 1. Inside the map, four neighboring outputs share the loads of
 * their windows and of the filter; the other outputs are computed one by one, tap by tap.
 */

import { Lanes } from './lanes';

/** From [batch, height, width, channels] to [batch, outHeight, outWidth, channels]; stride 1 or 2. */
@unmanaged
export class DepthwiseShape {
  batch: i32;
  height: i32;
  width: i32;
  channels: i32;
  outHeight: i32;
  outWidth: i32;
  stride: i32;
  padTop: i32;
  padLeft: i32;
}

export const KERNEL = 3;
/** Number of neighboring outputs that are computed together. */
export const GROUP = 4;

/**
 * Some lines of y = clamp(start + x * filter, low, high)
 *
 * @param filter [3, 3, channels]
 * @param start a bias [channels], or a map of the output's shape
 * @param startStep bytes from one pixel's start to the next: 0 for a bias
 * @param from,to lines of the output, of batch · outHeight
 */
export function depthwise(
  s: DepthwiseShape,
  x: usize,
  filter: usize,
  y: usize,
  start: usize,
  startStep: usize,
  low: f32,
  high: f32,
  from: i32,
  to: i32,
): void {
  const pixelBytes = (<usize>s.channels) << 2;
  const lineBytes = <usize>s.width * pixelBytes;
  const skipped = <usize>from * <usize>s.outWidth;
  y += skipped * pixelBytes;
  start += skipped * startStep;
  for (let i = from; i < to; i++) {
    const image = x + <usize>(i / s.outHeight) * <usize>s.height * lineBytes;
    const outY = i % s.outHeight;
    const top = outY * s.stride - s.padTop;
    const firstRow = max(0, -top);
    const rows = min(KERNEL, s.height - top) - firstRow;
    const line = image + <usize>(top + firstRow) * lineBytes;
    const taps = filter + <usize>(firstRow * KERNEL) * pixelBytes;
    for (let outX = 0; outX < s.outWidth; ) {
      const left = outX * s.stride - s.padLeft;
      let count = 1;
      if (startsGroup(s, outX, left)) {
        const window = line + <usize>left * pixelBytes;
        if (s.stride == 1) {
          group1(window, taps, y, start, startStep, rows, pixelBytes, lineBytes, low, high);
        } else {
          group2(window, taps, y, start, startStep, rows, pixelBytes, lineBytes, low, high);
        }
        count = GROUP;
      } else {
        const first = max(0, -left);
        const columns = min(KERNEL, s.width - left) - first;
        const window = line + <usize>(left + first) * pixelBytes;
        const tap = taps + <usize>first * pixelBytes;
        const tapLine = KERNEL * pixelBytes;
        sumWindow(
          y,
          start,
          window,
          lineBytes,
          pixelBytes,
          tap,
          tapLine,
          pixelBytes,
          rows,
          columns,
          pixelBytes,
          low,
          high,
        );
      }
      outX += count;
      y += <usize>count * pixelBytes;
      start += <usize>count * startStep;
    }
  }
}

/**
 * Returns whether the windows of this output and the next three lie between the left and right border,
 * and a pixel consists of whole vectors of channels.
 */
export function startsGroup(s: DepthwiseShape, outX: i32, left: i32): bool {
  const right = left + (GROUP - 1) * s.stride + KERNEL;
  const isInside = outX + GROUP <= s.outWidth && left >= 0 && right <= s.width;
  return isInside && (s.channels & 3) == 0;
}

/**
 * One pixel: clamp(start + the products of `rows` times `columns` pixels and taps).
 *
 * @param line,column bytes from one pixel of the window to the next below and to the right
 * @param tapLine,tapColumn bytes from one tap to the next below and to the right
 */
export function sumWindow(
  y: usize,
  start: usize,
  window: usize,
  line: usize,
  column: usize,
  tap: usize,
  tapLine: usize,
  tapColumn: usize,
  rows: i32,
  columns: i32,
  bytes: usize,
  low: f32,
  high: f32,
): void {
  const lowest = f32x4.splat(low);
  const highest = f32x4.splat(high);
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) {
    let sum = v128.load(start + at);
    for (let i = 0; i < rows; i++) {
      let pixel = window + at + <usize>i * line;
      let weight = tap + at + <usize>i * tapLine;
      for (let j = 0; j < columns; j++, pixel += column, weight += tapColumn) {
        sum = Lanes.addProduct(sum, v128.load(pixel), v128.load(weight));
      }
    }
    v128.store(y + at, f32x4.pmin(f32x4.pmax(sum, lowest), highest));
  }
  for (; at < bytes; at += 4) {
    let sum = load<f32>(start + at);
    for (let i = 0; i < rows; i++) {
      let pixel = window + at + <usize>i * line;
      let weight = tap + at + <usize>i * tapLine;
      for (let j = 0; j < columns; j++, pixel += column, weight += tapColumn) {
        sum += load<f32>(pixel) * load<f32>(weight);
      }
    }
    store<f32>(y + at, min(max(sum, low), high));
  }
}

/** Four outputs at stride 1: six columns of input. */
function group1(
  window: usize,
  taps: usize,
  y: usize,
  start: usize,
  startStep: usize,
  rows: i32,
  pixelBytes: usize,
  lineBytes: usize,
  low: f32,
  high: f32,
): void {
  const lowest = f32x4.splat(low);
  const highest = f32x4.splat(high);
  for (const end = y + pixelBytes; y < end; ) {
    let y0 = v128.load(start);
    let y1 = v128.load(start + startStep);
    let y2 = v128.load(start + 2 * startStep);
    let y3 = v128.load(start + 3 * startStep);
    let line = window;
    let w = taps;
    for (let i = 0; i < rows; i++, line += lineBytes) {
      const w0 = v128.load(w);
      const w1 = v128.load((w += pixelBytes));
      const w2 = v128.load((w += pixelBytes));
      w += pixelBytes;
      let pixel = line;
      let x = v128.load(pixel);
      y0 = Lanes.addProduct(y0, x, w0);
      x = v128.load((pixel += pixelBytes));
      y0 = Lanes.addProduct(y0, x, w1);
      y1 = Lanes.addProduct(y1, x, w0);
      x = v128.load((pixel += pixelBytes));
      y0 = Lanes.addProduct(y0, x, w2);
      y1 = Lanes.addProduct(y1, x, w1);
      y2 = Lanes.addProduct(y2, x, w0);
      x = v128.load((pixel += pixelBytes));
      y1 = Lanes.addProduct(y1, x, w2);
      y2 = Lanes.addProduct(y2, x, w1);
      y3 = Lanes.addProduct(y3, x, w0);
      x = v128.load((pixel += pixelBytes));
      y2 = Lanes.addProduct(y2, x, w2);
      y3 = Lanes.addProduct(y3, x, w1);
      x = v128.load(pixel + pixelBytes);
      y3 = Lanes.addProduct(y3, x, w2);
    }
    v128.store(y, f32x4.pmin(f32x4.pmax(y0, lowest), highest));
    v128.store(y + pixelBytes, f32x4.pmin(f32x4.pmax(y1, lowest), highest));
    v128.store(y + 2 * pixelBytes, f32x4.pmin(f32x4.pmax(y2, lowest), highest));
    v128.store(y + 3 * pixelBytes, f32x4.pmin(f32x4.pmax(y3, lowest), highest));
    window += 16;
    taps += 16;
    start += 16;
    y += 16;
  }
}

/** Four outputs at stride 2: nine columns of input. */
function group2(
  window: usize,
  taps: usize,
  y: usize,
  start: usize,
  startStep: usize,
  rows: i32,
  pixelBytes: usize,
  lineBytes: usize,
  low: f32,
  high: f32,
): void {
  const lowest = f32x4.splat(low);
  const highest = f32x4.splat(high);
  for (const end = y + pixelBytes; y < end; ) {
    let y0 = v128.load(start);
    let y1 = v128.load(start + startStep);
    let y2 = v128.load(start + 2 * startStep);
    let y3 = v128.load(start + 3 * startStep);
    let line = window;
    let w = taps;
    for (let i = 0; i < rows; i++, line += lineBytes) {
      const w0 = v128.load(w);
      const w1 = v128.load((w += pixelBytes));
      const w2 = v128.load((w += pixelBytes));
      w += pixelBytes;
      let pixel = line;
      y0 = Lanes.addProduct(y0, v128.load(pixel), w0);
      y0 = Lanes.addProduct(y0, v128.load((pixel += pixelBytes)), w1);
      let x = v128.load((pixel += pixelBytes));
      y0 = Lanes.addProduct(y0, x, w2);
      y1 = Lanes.addProduct(y1, x, w0);
      y1 = Lanes.addProduct(y1, v128.load((pixel += pixelBytes)), w1);
      x = v128.load((pixel += pixelBytes));
      y1 = Lanes.addProduct(y1, x, w2);
      y2 = Lanes.addProduct(y2, x, w0);
      y2 = Lanes.addProduct(y2, v128.load((pixel += pixelBytes)), w1);
      x = v128.load((pixel += pixelBytes));
      y2 = Lanes.addProduct(y2, x, w2);
      y3 = Lanes.addProduct(y3, x, w0);
      y3 = Lanes.addProduct(y3, v128.load((pixel += pixelBytes)), w1);
      y3 = Lanes.addProduct(y3, v128.load(pixel + pixelBytes), w2);
    }
    v128.store(y, f32x4.pmin(f32x4.pmax(y0, lowest), highest));
    v128.store(y + pixelBytes, f32x4.pmin(f32x4.pmax(y1, lowest), highest));
    v128.store(y + 2 * pixelBytes, f32x4.pmin(f32x4.pmax(y2, lowest), highest));
    v128.store(y + 3 * pixelBytes, f32x4.pmin(f32x4.pmax(y3, lowest), highest));
    window += 16;
    taps += 16;
    start += 16;
    y += 16;
  }
}
