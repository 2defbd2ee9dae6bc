/** Gradients of the depthwise 3×3 convolution. */
import { DepthwiseShape, depthwise, GROUP, KERNEL, startsGroup, sumWindow } from './depthwise';

/** Scratch bytes of {@link depthwiseInputGradient}: a shape, the turned filter and a row of zeros. */
export function depthwiseScratch(s: DepthwiseShape): usize {
  return offsetof<DepthwiseShape>() + <usize>(KERNEL * KERNEL + 1) * s.channels * 4;
}

/**
 * dx = add + the gradient of the input for dy
 *
 * @param add 0, or a map of the input's shape
 */
export function depthwiseInputGradient(
  s: DepthwiseShape,
  dy: usize,
  filter: usize,
  dx: usize,
  add: usize,
  scratch: usize,
): void {
  if (s.stride == 1) turned(s, dy, filter, dx, add, scratch);
  else gathered(s, dy, filter, dx, add, scratch);
}

/** At stride 1: the convolution of dy with the filter turned by 180 degrees. */
function turned(
  s: DepthwiseShape,
  dy: usize,
  filter: usize,
  dx: usize,
  add: usize,
  scratch: usize,
): void {
  const shape = changetype<DepthwiseShape>(scratch);
  shape.batch = s.batch;
  shape.height = s.outHeight;
  shape.width = s.outWidth;
  shape.channels = s.channels;
  shape.outHeight = s.height;
  shape.outWidth = s.width;
  shape.stride = 1;
  shape.padTop = KERNEL - 1 - s.padTop;
  shape.padLeft = KERNEL - 1 - s.padLeft;

  const pixelBytes = (<usize>s.channels) << 2;
  const taps = <usize>(KERNEL * KERNEL);
  const flipped = scratch + offsetof<DepthwiseShape>();
  for (let tap: usize = 0; tap < taps; tap++) {
    memory.copy(flipped + (taps - 1 - tap) * pixelBytes, filter + tap * pixelBytes, pixelBytes);
  }
  const zeros = flipped + taps * pixelBytes;
  memory.fill(zeros, 0, pixelBytes);
  const low = <f32>-Infinity;
  const high = <f32>Infinity;
  const start = add ? add : zeros;
  const lines = s.batch * s.height;
  depthwise(shape, dy, flipped, dx, start, add ? pixelBytes : 0, low, high, 0, lines);
}

/** At any stride: each pixel sums the gradients of the outputs whose windows hold it. */
function gathered(
  s: DepthwiseShape,
  dy: usize,
  filter: usize,
  dx: usize,
  add: usize,
  zeros: usize,
): void {
  const pixelBytes = (<usize>s.channels) << 2;
  const lineBytes = <usize>s.outWidth * pixelBytes;
  memory.fill(zeros, 0, pixelBytes);
  let start = add ? add : zeros;
  for (let b = 0; b < s.batch; b++, dy += <usize>s.outHeight * lineBytes) {
    for (let y = 0; y < s.height; y++) {
      // Outputs `first`, `first - 1`, … read the pixel by taps `tap`, `tap + stride`, …
      const bottom = firstTap(y + s.padTop, s.stride, s.outHeight);
      const firstY = (y + s.padTop - bottom) / s.stride;
      const rows = readers(bottom, firstY, s.stride);
      for (let x = 0; x < s.width; x++, dx += pixelBytes) {
        const right = firstTap(x + s.padLeft, s.stride, s.outWidth);
        const firstX = (x + s.padLeft - right) / s.stride;
        const columns = readers(right, firstX, s.stride);
        sumWindow(
          dx,
          start,
          dy + <usize>(firstY * s.outWidth + firstX) * pixelBytes,
          -lineBytes,
          -pixelBytes,
          filter + <usize>(bottom * KERNEL + right) * pixelBytes,
          <usize>(s.stride * KERNEL) * pixelBytes,
          <usize>s.stride * pixelBytes,
          rows,
          columns,
          pixelBytes,
          <f32>-Infinity,
          <f32>Infinity,
        );
        if (add) start += pixelBytes;
      }
    }
  }
}

/** Returns the lowest tap with which an output reads padded position `at`; KERNEL or more for none. */
function firstTap(at: i32, stride: i32, outputs: i32): i32 {
  return max(at % stride, at - (outputs - 1) * stride);
}

/** Outputs from `first` down that read a pixel, from tap `tap` up. */
function readers(tap: i32, first: i32, stride: i32): i32 {
  return tap < KERNEL ? min(first, (KERNEL - 1 - tap) / stride) + 1 : 0;
}

/** dw [3, 3, channels]: x · dy summed over all outputs, for each tap. */
export function depthwiseFilterGradient(s: DepthwiseShape, x: usize, dy: usize, dw: usize): void {
  const pixelBytes = (<usize>s.channels) << 2;
  const lineBytes = <usize>s.width * pixelBytes;
  memory.fill(dw, 0, <usize>(KERNEL * KERNEL) * pixelBytes);
  for (let b = 0; b < s.batch; b++, x += <usize>s.height * lineBytes) {
    for (let outY = 0; outY < s.outHeight; outY++) {
      const top = outY * s.stride - s.padTop;
      const firstRow = max(0, -top);
      const rows = min(KERNEL, s.height - top) - firstRow;
      const line = x + <usize>(top + firstRow) * lineBytes;
      const taps = dw + <usize>(firstRow * KERNEL) * pixelBytes;
      for (let outX = 0; outX < s.outWidth; ) {
        const left = outX * s.stride - s.padLeft;
        let count = 1;
        if (startsGroup(s, outX, left)) {
          const window = line + <usize>left * pixelBytes;
          if (s.stride == 1) group1(window, dy, taps, rows, pixelBytes, lineBytes);
          else group2(window, dy, taps, rows, pixelBytes, lineBytes);
          count = GROUP;
        } else {
          addTaps(s, line, dy, taps, left, rows);
        }
        outX += count;
        dy += <usize>count * pixelBytes;
      }
    }
  }
}

/** Adds the products of one output to all taps. */
function addTaps(
  s: DepthwiseShape,
  line: usize,
  dy: usize,
  taps: usize,
  left: i32,
  rows: i32,
): void {
  const pixelBytes = (<usize>s.channels) << 2;
  for (let i = 0; i < rows; i++, line += <usize>s.width * pixelBytes) {
    for (let j = 0; j < KERNEL; j++, taps += pixelBytes) {
      const column = left + j;
      if (<u32>column >= <u32>s.width) continue;
      multiplyAdd(taps, line + <usize>column * pixelBytes, dy, pixelBytes);
    }
  }
}

/** target += a · b, element by element */
function multiplyAdd(target: usize, a: usize, b: usize, bytes: usize): void {
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) {
    const product = f32x4.mul(v128.load(a + at), v128.load(b + at));
    v128.store(target + at, f32x4.add(v128.load(target + at), product));
  }
  for (; at < bytes; at += 4) {
    store<f32>(target + at, load<f32>(target + at) + load<f32>(a + at) * load<f32>(b + at));
  }
}

/** Four outputs at stride 1: six columns of input. */
function group1(
  window: usize,
  dy: usize,
  taps: usize,
  rows: i32,
  pixelBytes: usize,
  lineBytes: usize,
): void {
  for (const end = dy + pixelBytes; dy < end; ) {
    const d0 = v128.load(dy);
    const d1 = v128.load(dy + pixelBytes);
    const d2 = v128.load(dy + 2 * pixelBytes);
    const d3 = v128.load(dy + 3 * pixelBytes);
    let line = window;
    let w = taps;
    for (let i = 0; i < rows; i++, line += lineBytes) {
      let w0 = v128.load(w);
      let w1 = v128.load(w + pixelBytes);
      let w2 = v128.load(w + 2 * pixelBytes);
      let pixel = line;
      let x = v128.load(pixel);
      w0 = f32x4.add(w0, f32x4.mul(x, d0));
      x = v128.load((pixel += pixelBytes));
      w1 = f32x4.add(w1, f32x4.mul(x, d0));
      w0 = f32x4.add(w0, f32x4.mul(x, d1));
      x = v128.load((pixel += pixelBytes));
      w2 = f32x4.add(w2, f32x4.mul(x, d0));
      w1 = f32x4.add(w1, f32x4.mul(x, d1));
      w0 = f32x4.add(w0, f32x4.mul(x, d2));
      x = v128.load((pixel += pixelBytes));
      w2 = f32x4.add(w2, f32x4.mul(x, d1));
      w1 = f32x4.add(w1, f32x4.mul(x, d2));
      w0 = f32x4.add(w0, f32x4.mul(x, d3));
      x = v128.load((pixel += pixelBytes));
      w2 = f32x4.add(w2, f32x4.mul(x, d2));
      w1 = f32x4.add(w1, f32x4.mul(x, d3));
      x = v128.load(pixel + pixelBytes);
      w2 = f32x4.add(w2, f32x4.mul(x, d3));
      v128.store(w, w0);
      v128.store((w += pixelBytes), w1);
      v128.store((w += pixelBytes), w2);
      w += pixelBytes;
    }
    window += 16;
    taps += 16;
    dy += 16;
  }
}

/** Four outputs at stride 2: nine columns of input. */
function group2(
  window: usize,
  dy: usize,
  taps: usize,
  rows: i32,
  pixelBytes: usize,
  lineBytes: usize,
): void {
  for (const end = dy + pixelBytes; dy < end; ) {
    const d0 = v128.load(dy);
    const d1 = v128.load(dy + pixelBytes);
    const d2 = v128.load(dy + 2 * pixelBytes);
    const d3 = v128.load(dy + 3 * pixelBytes);
    let line = window;
    let w = taps;
    for (let i = 0; i < rows; i++, line += lineBytes) {
      let w0 = v128.load(w);
      let w1 = v128.load(w + pixelBytes);
      let w2 = v128.load(w + 2 * pixelBytes);
      let pixel = line;
      w0 = f32x4.add(w0, f32x4.mul(v128.load(pixel), d0));
      w1 = f32x4.add(w1, f32x4.mul(v128.load((pixel += pixelBytes)), d0));
      let x = v128.load((pixel += pixelBytes));
      w2 = f32x4.add(w2, f32x4.mul(x, d0));
      w0 = f32x4.add(w0, f32x4.mul(x, d1));
      w1 = f32x4.add(w1, f32x4.mul(v128.load((pixel += pixelBytes)), d1));
      x = v128.load((pixel += pixelBytes));
      w2 = f32x4.add(w2, f32x4.mul(x, d1));
      w0 = f32x4.add(w0, f32x4.mul(x, d2));
      w1 = f32x4.add(w1, f32x4.mul(v128.load((pixel += pixelBytes)), d2));
      x = v128.load((pixel += pixelBytes));
      w2 = f32x4.add(w2, f32x4.mul(x, d2));
      w0 = f32x4.add(w0, f32x4.mul(x, d3));
      w1 = f32x4.add(w1, f32x4.mul(v128.load((pixel += pixelBytes)), d3));
      w2 = f32x4.add(w2, f32x4.mul(v128.load(pixel + pixelBytes), d3));
      v128.store(w, w0);
      v128.store((w += pixelBytes), w1);
      v128.store((w += pixelBytes), w2);
      w += pixelBytes;
    }
    window += 16;
    taps += 16;
    dy += 16;
  }
}
