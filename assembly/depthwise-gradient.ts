/** Gradients of the depthwise 3×3 convolution. */
import { DepthwiseShape, depthwise, GROUP, KERNEL, multiplyAdd, startsGroup } from './depthwise';

/** Scratch bytes of {@link depthwiseInputGradient}: a shape, the turned filter and a row of zeros. */
export function depthwiseScratch(s: DepthwiseShape): usize {
  return offsetof<DepthwiseShape>() + <usize>(KERNEL * KERNEL + 1) * s.channels * 4;
}

/**
 * dx = add + the gradient that dy gives the input
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
  else scattered(s, dy, filter, dx, add);
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
  depthwise(shape, dy, flipped, dx, add ? add : zeros, add ? pixelBytes : 0, low, high);
}

/** At any stride: every output gives to the pixels under its window. */
function scattered(s: DepthwiseShape, dy: usize, filter: usize, dx: usize, add: usize): void {
  const pixelBytes = (<usize>s.channels) << 2;
  const lineBytes = <usize>s.width * pixelBytes;
  const imageBytes = <usize>s.height * lineBytes;
  if (add) memory.copy(dx, add, <usize>s.batch * imageBytes);
  else memory.fill(dx, 0, <usize>s.batch * imageBytes);
  for (let b = 0; b < s.batch; b++, dx += imageBytes) {
    for (let outY = 0; outY < s.outHeight; outY++) {
      for (let outX = 0; outX < s.outWidth; outX++, dy += pixelBytes) {
        for (let tap = 0; tap < KERNEL * KERNEL; tap++) {
          const y = outY * s.stride - s.padTop + tap / KERNEL;
          const x = outX * s.stride - s.padLeft + (tap % KERNEL);
          if (<u32>y >= <u32>s.height || <u32>x >= <u32>s.width) continue;
          const pixel = dx + <usize>y * lineBytes + <usize>x * pixelBytes;
          multiplyAdd(pixel, dy, filter + <usize>tap * pixelBytes, pixelBytes);
        }
      }
    }
  }
}

/** dw [3, 3, channels]: x · dy summed over all outputs, for each tap. */
export function depthwiseFilterGradient(s: DepthwiseShape, x: usize, dy: usize, dw: usize): void {
  const pixelBytes = (<usize>s.channels) << 2;
  const lineBytes = <usize>s.width * pixelBytes;
  const grouped = s.channels & ~3;
  const groupBytes = (<usize>grouped) << 2;
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
        const isGroup = startsGroup(s, outX, left);
        const count = isGroup ? GROUP : 1;
        if (isGroup) {
          const window = line + <usize>left * pixelBytes;
          if (s.stride == 1) group1(window, dy, taps, rows, grouped, pixelBytes, lineBytes);
          else group2(window, dy, taps, rows, grouped, pixelBytes, lineBytes);
        }
        const done = isGroup ? groupBytes : 0;
        for (let i = 0; i < count; i++, dy += pixelBytes) {
          if (done < pixelBytes) addTaps(s, line, dy, taps, left + i * s.stride, rows, done);
        }
        outX += count;
      }
    }
  }
}

/** What one output adds to all taps, from byte `done` of its channels on. */
function addTaps(
  s: DepthwiseShape,
  line: usize,
  dy: usize,
  taps: usize,
  left: i32,
  rows: i32,
  done: usize,
): void {
  const pixelBytes = (<usize>s.channels) << 2;
  for (let i = 0; i < rows; i++, line += <usize>s.width * pixelBytes) {
    for (let j = 0; j < KERNEL; j++, taps += pixelBytes) {
      const column = left + j;
      if (<u32>column >= <u32>s.width) continue;
      const pixel = line + <usize>column * pixelBytes;
      multiplyAdd(taps + done, pixel + done, dy + done, pixelBytes - done);
    }
  }
}

/** Four outputs at stride 1: six columns of input. */
function group1(
  window: usize,
  dy: usize,
  taps: usize,
  rows: i32,
  channels: i32,
  pixelBytes: usize,
  lineBytes: usize,
): void {
  for (let c = 0; c < channels; c += 4) {
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
  channels: i32,
  pixelBytes: usize,
  lineBytes: usize,
): void {
  for (let c = 0; c < channels; c += 4) {
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
