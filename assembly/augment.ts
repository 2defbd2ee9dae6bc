/**
 * Renders a part of an image into a part of the network input: crop, zoom-out, mirror, resize, color
 * and normalization in one pass. Bilinear with half-pixel centers; outside of the image the result is
 * 0, the mean color.
 */

/** Parameters of a rendering; src/training/augmentation/render.ts writes them. */
@unmanaged
class Tile {
  /** Position of the center of the first target pixel in the image, which spans [0, width]. */
  x: f64;
  y: f64;
  /** Source pixels from one target pixel to the next; negative mirrors. */
  stepX: f64;
  stepY: f64;
  /** u8 [height, width, channels]; readable for 8 bytes past the last row that is needed. */
  source: usize;
  width: i32;
  height: i32;
  /** 3 or 4. */
  channels: i32;
  /** First target pixel, f32, three per pixel. */
  target: usize;
  /** Bytes from one target row to the next. */
  rowBytes: i32;
  columns: i32;
  rows: i32;
  /**
   * f32 [6, 4]: contributions of red, green and blue to the three target channels, and a constant, on
   * the scale of 0 to 255; then factor and summand of the normalization. Every fourth number is unused.
   */
  colors: usize;
  /** TileColumn [columns] */
  scratch: usize;
}

/** Source of one target column. */
@unmanaged
class TileColumn {
  /** Byte offset of the left of two pixels in a source row. */
  offset: i32;
  /** Weight of the right pixel. */
  weight: f32;
}

const COLUMN_BYTES = offsetof<TileColumn>();

export function paintTile(tile: usize): void {
  const t = changetype<Tile>(tile);
  const first = firstInside(t.x, t.stepX, t.columns, t.width);
  const end = endInside(t.x, t.stepX, t.columns, t.width);
  planColumns(t, first, end);
  let target = t.target;
  for (let row = 0; row < t.rows; row++, target += t.rowBytes) {
    const position = t.y + <f64>row * t.stepY;
    if (!(position >= 0 && position < <f64>t.height) || first >= end) {
      memory.fill(target, 0, 12 * <usize>t.columns);
      continue;
    }
    memory.fill(target, 0, 12 * <usize>first);
    paintRow(t, position - 0.5, first, end, target);
    memory.fill(target + 12 * <usize>end, 0, 12 * <usize>(t.columns - end));
  }
}

/** Returns the first of `count` equally spaced positions that lies in [0, size). */
function firstInside(start: f64, step: f64, count: i32, size: i32): i32 {
  let i = 0;
  while (i < count && !isInside(start + <f64>i * step, size)) i++;
  return i;
}

/** Index after the last one; 0 when there is none. */
function endInside(start: f64, step: f64, count: i32, size: i32): i32 {
  let i = count;
  while (i > 0 && !isInside(start + <f64>(i - 1) * step, size)) i--;
  return i;
}

function isInside(position: f64, size: i32): bool {
  return position >= 0 && position < <f64>size;
}

/** Repeats the pixel of an edge: the pair moves inside, and one of the two gets all the weight. */
function planColumns(t: Tile, first: i32, end: i32): void {
  const lastPair = max(t.width - 2, 0);
  const lastWeight: f64 = t.width > 1 ? 1 : 0;
  for (let i = first; i < end; i++) {
    const position = t.x + <f64>i * t.stepX - 0.5;
    const left = max(0, min(<i32>floor(position), lastPair));
    const column = changetype<TileColumn>(t.scratch + COLUMN_BYTES * <usize>i);
    column.offset = left * t.channels;
    column.weight = <f32>max(0.0, min(position - <f64>left, lastWeight));
  }
}

abstract class Pixel {
  /** Loads three or four bytes as floats. */
  @inline
  static load(address: usize): v128 {
    const bytes = v128.load32_zero(address);
    return f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(bytes)));
  }

  @inline
  static mix(a: v128, b: v128, weight: v128): v128 {
    return f32x4.add(a, f32x4.mul(f32x4.sub(b, a), weight));
  }
}

function paintRow(t: Tile, position: f64, first: i32, end: i32, target: usize): void {
  const last = t.height - 1;
  const top = max(0, <i32>floor(position));
  const bottom = min(top + 1, last);
  const rowWeight = f32x4.splat(<f32>max(0.0, position - <f64>top));
  const stride = <usize>(t.width * t.channels);
  const upper = t.source + <usize>top * stride;
  const lower = t.source + <usize>bottom * stride;
  const right = <usize>t.channels;

  const red = v128.load(t.colors);
  const green = v128.load(t.colors, 16);
  const blue = v128.load(t.colors, 32);
  const constant = v128.load(t.colors, 48);
  const factor = v128.load(t.colors, 64);
  const summand = v128.load(t.colors, 80);
  const white = f32x4.splat(255);
  const black = f32x4.splat(0);
  target += 12 * <usize>first;
  for (let i = first; i < end; i++, target += 12) {
    const column = changetype<TileColumn>(t.scratch + COLUMN_BYTES * <usize>i);
    const a = upper + column.offset;
    const b = lower + column.offset;
    const weight = f32x4.splat(column.weight);
    const above = Pixel.mix(Pixel.load(a), Pixel.load(a + right), weight);
    const below = Pixel.mix(Pixel.load(b), Pixel.load(b + right), weight);
    const rgb = Pixel.mix(above, below, rowWeight);

    let color = f32x4.add(constant, f32x4.mul(red, v128.shuffle<f32>(rgb, rgb, 0, 0, 0, 0)));
    color = f32x4.add(color, f32x4.mul(green, v128.shuffle<f32>(rgb, rgb, 1, 1, 1, 1)));
    color = f32x4.add(color, f32x4.mul(blue, v128.shuffle<f32>(rgb, rgb, 2, 2, 2, 2)));
    color = f32x4.pmin(f32x4.pmax(color, black), white);
    color = f32x4.add(f32x4.mul(color, factor), summand);
    v128.store64_lane(target, color, 0);
    v128.store32_lane(target, color, 2, 8);
  }
}
