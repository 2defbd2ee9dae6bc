/**
 * Bilinear resize with half-pixel centers, edges clamped and no antialiasing: cv2.INTER_LINEAR.
 * Separable: a source row is stretched to the target's width, in f32 and in the target's channel
 * order, and stays in scratch until the target has moved past it.
 */

/** Parameters of a resize; src/kernels/resize.ts writes them. */
@unmanaged
class ResizeInput {
  /** First pixel of the source or crop, u8 [sourceHeight, sourceWidth, channels]. */
  source: usize;
  sourceWidth: i32;
  sourceHeight: i32;
  /** Bytes from one source row to the next. */
  stride: i32;
  /** 1, 3 or 4. */
  channels: i32;
  width: i32;
  height: i32;
  /** 1 mirrors the target left to right. */
  flip: i32;
  /** 1 reverses red, green and blue. */
  bgr: i32;
  /** resizeScratchBytes(width) bytes. */
  scratch: usize;
}

/**
 * Parameters with the working state, which {@link beginResize} sets: the two stretched rows and their
 * source rows.
 */
@unmanaged
class Resize extends ResizeInput {
  upper: usize;
  lower: usize;
  upperRow: i32;
  lowerRow: i32;
}

/** Source of one target column. */
@unmanaged
class ResizeColumn {
  /** Byte offsets of two neighboring pixels in a source row. */
  left: u32;
  right: u32;
  /** Weight of the right pixel. */
  weight: f32;
}

const COLUMN_BYTES = offsetof<ResizeColumn>();
const PIXEL_BYTES: usize = 16; // four f32 lanes

/** Bytes of scratch for a target: the columns, then two rows of at most 4-lane pixels. */
export function resizeScratchBytes(width: i32): i32 {
  return <i32>(COLUMN_BYTES * width + 2 * rowBytes(width));
}

/** The last pixel of a row is stored with four lanes, even if it has fewer channels. */
function rowBytes(width: i32): usize {
  return PIXEL_BYTES * (<usize>width + 1);
}

abstract class Sample {
  /** Center of target pixel `i` in source pixels; rounded to f32 where cv2 rounds it. */
  @inline
  static position(i: i32, sourceSize: i32, size: i32): f32 {
    const scale = 1.0 / (<f64>size / <f64>sourceSize);
    return <f32>((<f64>i + 0.5) * scale - 0.5);
  }

  /** Loads a pixel as four floats; reads 4 bytes. */
  @inline
  static pixel(address: usize, order: v128): v128 {
    return f32x4.convert_i32x4_s(i8x16.swizzle(v128.load32_zero(address), order));
  }

  @inline
  static mix(a: v128, b: v128, weight: v128): v128 {
    return f32x4.add(a, f32x4.mul(f32x4.sub(b, a), weight));
  }
}

/** Plans the columns. Call it before the first rows of a resize. */
export function beginResize(r: Resize): void {
  const last = r.sourceWidth - 1;
  for (let x = 0; x < r.width; x++) {
    const position = Sample.position(x, r.sourceWidth, r.width);
    const cell = <i32>floor(position);
    const between = cell >= 0 && cell < last;
    const left = between ? cell : cell < 0 ? 0 : last;
    const at = r.flip ? r.width - 1 - x : x;
    const column = changetype<ResizeColumn>(r.scratch + COLUMN_BYTES * at);
    column.left = left * r.channels;
    column.right = (between ? left + 1 : left) * r.channels;
    column.weight = between ? position - <f32>cell : 0;
  }
  r.upper = r.scratch + COLUMN_BYTES * r.width;
  r.lower = r.upper + rowBytes(r.width);
  r.upperRow = -1;
  r.lowerRow = -1;
}

/**
 * Target rows [from, to), normalized: (pixel - mean) / std. Three channels, equal for gray.
 * @param target f32 [to - from, width, 3]
 * @param normalization f32 [24]: 1 / std of four target pixels, then -mean / std of them
 */
export function resizeToFloat(
  r: Resize,
  from: i32,
  to: i32,
  target: usize,
  normalization: usize,
): void {
  const bytes = 12 * <usize>r.width;
  for (let y = from; y < to; y++, target += bytes) {
    const weight = stretchRows(r, y, 12);
    normalizeRow(r.upper, r.lower, weight, target, 3 * r.width, normalization);
  }
}

/**
 * Target rows [from, to) rounded to whole levels, with the channels of the source.
 * @param target u8 [to - from, width, channels]
 */
export function resizeToBytes(r: Resize, from: i32, to: i32, target: usize): void {
  const values = r.width * r.channels;
  for (let y = from; y < to; y++, target += values) {
    const weight = stretchRows(r, y, r.channels << 2);
    roundRow(r.upper, r.lower, weight, target, values);
  }
}

/** Loads the two source rows of target row `y` into upper and lower; returns the weight of lower. */
function stretchRows(r: Resize, y: i32, pixelBytes: i32): f32 {
  const last = r.sourceHeight - 1;
  const position = Sample.position(y, r.sourceHeight, r.height);
  const cell = <i32>floor(position);
  const top = max(0, min(cell, last));
  const bottom = max(0, min(cell + 1, last));
  if (top == r.lowerRow && top != r.upperRow) {
    const upper = r.upper;
    r.upper = r.lower;
    r.lower = upper;
    r.lowerRow = r.upperRow;
    r.upperRow = top;
  }
  if (top != r.upperRow) {
    stretchRow(r, top, r.upper, pixelBytes);
    r.upperRow = top;
  }
  if (bottom != r.lowerRow) {
    stretchRow(r, bottom, r.lower, pixelBytes);
    r.lowerRow = bottom;
  }
  return position - <f32>cell;
}

function stretchRow(r: Resize, y: i32, output: usize, pixelBytes: i32): void {
  const row = r.source + <usize>y * r.stride;
  const order = channelOrder(r.channels, r.bgr != 0);
  const end = r.scratch + COLUMN_BYTES * r.width;
  for (let at = r.scratch; at < end; at += COLUMN_BYTES, output += pixelBytes) {
    const column = changetype<ResizeColumn>(at);
    const left = Sample.pixel(row + column.left, order);
    const right = Sample.pixel(row + column.right, order);
    v128.store(output, Sample.mix(left, right, f32x4.splat(column.weight)));
  }
}

/** Maps every byte of four u32 lanes to its source byte; -1 gives 0. */
function channelOrder(channels: i32, bgr: bool): v128 {
  if (channels == 1) return i8x16(0, -1, -1, -1, 0, -1, -1, -1, 0, -1, -1, -1, -1, -1, -1, -1);
  if (bgr) return i8x16(2, -1, -1, -1, 1, -1, -1, -1, 0, -1, -1, -1, 3, -1, -1, -1);
  return i8x16(0, -1, -1, -1, 1, -1, -1, -1, 2, -1, -1, -1, 3, -1, -1, -1);
}

/** Four pixels, twelve values, at a time: the shortest run in which whole vectors fit whole pixels. */
function normalizeRow(
  upper: usize,
  lower: usize,
  weight: f32,
  target: usize,
  values: i32,
  normalization: usize,
): void {
  const w = f32x4.splat(weight);
  const factor0 = v128.load(normalization);
  const factor1 = v128.load(normalization, 16);
  const factor2 = v128.load(normalization, 32);
  const summand0 = v128.load(normalization, 48);
  const summand1 = v128.load(normalization, 64);
  const summand2 = v128.load(normalization, 80);
  let at: usize = 0;
  for (const end = <usize>(values / 12) * 48; at < end; at += 48) {
    const a = upper + at;
    const b = lower + at;
    const mixed0 = Sample.mix(v128.load(a), v128.load(b), w);
    const mixed1 = Sample.mix(v128.load(a, 16), v128.load(b, 16), w);
    const mixed2 = Sample.mix(v128.load(a, 32), v128.load(b, 32), w);
    v128.store(target + at, f32x4.add(f32x4.mul(mixed0, factor0), summand0));
    v128.store(target + at, f32x4.add(f32x4.mul(mixed1, factor1), summand1), 16);
    v128.store(target + at, f32x4.add(f32x4.mul(mixed2, factor2), summand2), 32);
  }
  for (let n = normalization; at < (<usize>values) << 2; at += 4, n += 4) {
    const a = load<f32>(upper + at);
    const mixed = a + (load<f32>(lower + at) - a) * weight;
    store<f32>(target + at, mixed * load<f32>(n) + load<f32>(n, 48));
  }
}

function roundRow(upper: usize, lower: usize, weight: f32, target: usize, values: i32): void {
  const w = f32x4.splat(weight);
  let i = 0;
  for (; i <= values - 16; i += 16) {
    const a = upper + ((<usize>i) << 2);
    const b = lower + ((<usize>i) << 2);
    const v0 = f32x4.nearest(Sample.mix(v128.load(a), v128.load(b), w));
    const v1 = f32x4.nearest(Sample.mix(v128.load(a, 16), v128.load(b, 16), w));
    const v2 = f32x4.nearest(Sample.mix(v128.load(a, 32), v128.load(b, 32), w));
    const v3 = f32x4.nearest(Sample.mix(v128.load(a, 48), v128.load(b, 48), w));
    const low = i16x8.narrow_i32x4_s(i32x4.trunc_sat_f32x4_s(v0), i32x4.trunc_sat_f32x4_s(v1));
    const high = i16x8.narrow_i32x4_s(i32x4.trunc_sat_f32x4_s(v2), i32x4.trunc_sat_f32x4_s(v3));
    v128.store(target + i, i8x16.narrow_i16x8_u(low, high));
  }
  for (; i < values; i++) {
    const a = load<f32>(upper + ((<usize>i) << 2));
    const mixed = a + (load<f32>(lower + ((<usize>i) << 2)) - a) * weight;
    store<u8>(target + i, <u8>nearest(mixed));
  }
}
