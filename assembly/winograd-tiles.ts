/** The tiles of Winograd's convolution (winograd.ts): from a map to points, and from points to a map. */
import { copyFloats, STRIP_STEP } from './gemm';
import { interleave } from './pack';
import { ConvShape } from './patches';
import { Points } from './winograd-points';

/** Outputs and inputs of a tile, in either direction. */
const OUT = 4;
const IN = 6;
export const POINTS = IN * IN;

/** Bytes of one tile's values of one kind, a vector of channels each. */
const GRID_BYTES: usize = POINTS * 16;
/** Number of channels of four tiles that are transformed before packing. */
const CHANNELS = 16;
const ROW_BYTES: usize = CHANNELS * 4;
const PACK_BYTES: usize = <usize>POINTS * 4 * ROW_BYTES;
const ADDRESS_BYTES: usize = 4 * POINTS * 4;

/** Scratch bytes that {@link transformInputs} needs; {@link transformOutput} needs less. */
export function tileScratch(s: ConvShape): usize {
  return ADDRESS_BYTES + GRID_BYTES + PACK_BYTES + ((<usize>s.channels) << 2);
}

/** Number of tiles of the output. */
export function winogradTiles(s: ConvShape): i32 {
  return s.batch * tileRows(s) * tileColumns(s);
}

function tileRows(s: ConvShape): i32 {
  return (s.outHeight + OUT - 1) / OUT;
}

function tileColumns(s: ConvShape): i32 {
  return (s.outWidth + OUT - 1) / OUT;
}

/** Packs the points of some tiles into strips, `stripBytes` from one point to the next. */
export function transformInputs(
  s: ConvShape,
  x: usize,
  tile: i32,
  count: i32,
  strips: usize,
  stripBytes: usize,
  scratch: usize,
): void {
  const addresses = scratch;
  const grid = addresses + ADDRESS_BYTES;
  const rows = grid + GRID_BYTES;
  const outside = rows + PACK_BYTES;
  memory.fill(outside, 0, (<usize>s.channels) << 2);
  for (let i = 0; i < count; i += 4, strips += <usize>s.channels * STRIP_STEP) {
    for (let j = 0; j < 4; j++) {
      // Tiles past the last one repeat it; their results are not stored.
      locateTile(s, x, tile + min(i + j, count - 1), outside, addresses + <usize>(j * POINTS * 4));
    }
    for (let c = 0; c < s.channels; c += CHANNELS) {
      const length = min(CHANNELS, s.channels - c);
      for (let j = 0; j < 4; j++) {
        const at = addresses + <usize>(j * POINTS * 4);
        const row = rows + <usize>j * ROW_BYTES;
        for (let k = 0; k < length; k += 4) {
          transformInput(at, (<usize>(c + k)) << 2, grid, row + ((<usize>k) << 2));
        }
      }
      let row = rows;
      let target = strips + <usize>c * STRIP_STEP;
      for (let p = 0; p < POINTS; p++, row += 4 * ROW_BYTES, target += stripBytes) {
        const row2 = row + 2 * ROW_BYTES;
        interleave(target, STRIP_STEP, row, row + ROW_BYTES, row2, row2 + ROW_BYTES, length);
      }
    }
  }
}

/** Lists the addresses of a tile's 6×6 inputs. */
function locateTile(s: ConvShape, x: usize, tile: i32, outside: usize, addresses: usize): void {
  const columns = tileColumns(s);
  const rows = tileRows(s);
  const image = tile / (rows * columns);
  const top = ((tile / columns) % rows) * OUT - s.padTop;
  const left = (tile % columns) * OUT - s.padLeft;
  for (let i = top; i < top + IN; i++) {
    for (let j = left; j < left + IN; j++, addresses += 4) {
      const isInside = <u32>i < <u32>s.height && <u32>j < <u32>s.width;
      const pixel = <usize>((image * s.height + i) * s.width + j) * <usize>s.channels;
      store<usize>(addresses, isInside ? x + (pixel << 2) : outside);
    }
  }
}

/** The points of four channels of a tile, 4 · ROW_BYTES from one to the next. */
function transformInput(addresses: usize, offset: usize, grid: usize, target: usize): void {
  let column = grid;
  for (let j = 0; j < IN; j++, addresses += 4, column += 16) {
    Points.ofInputs(
      v128.load(load<usize>(addresses) + offset),
      v128.load(load<usize>(addresses, 4 * IN) + offset),
      v128.load(load<usize>(addresses, 8 * IN) + offset),
      v128.load(load<usize>(addresses, 12 * IN) + offset),
      v128.load(load<usize>(addresses, 16 * IN) + offset),
      v128.load(load<usize>(addresses, 20 * IN) + offset),
      column,
      16 * IN,
    );
  }
  for (let i = 0; i < IN; i++, grid += 16 * IN, target += 4 * IN * ROW_BYTES) {
    Points.ofInputs(
      v128.load(grid),
      v128.load(grid, 16),
      v128.load(grid, 32),
      v128.load(grid, 48),
      v128.load(grid, 64),
      v128.load(grid, 80),
      target,
      4 * ROW_BYTES,
    );
  }
}

/** Writes some filters' outputs of one tile: those from `column` on, up to `count`. */
export function transformOutput(
  s: ConvShape,
  y: usize,
  residual: usize,
  tile: i32,
  column: i32,
  count: i32,
  products: usize,
  productBytes: usize,
  bias: usize,
  low: f32,
  high: f32,
  grid: usize,
): void {
  const columns = tileColumns(s);
  const rows = tileRows(s);
  const top = ((tile / columns) % rows) * OUT;
  const left = (tile % columns) * OUT;
  const height = min(OUT, s.outHeight - top);
  const width = min(OUT, s.outWidth - left);
  const pixelBytes = (<usize>s.filters) << 2;
  const lineBytes = <usize>s.outWidth * pixelBytes;
  const line = (tile / (rows * columns)) * s.outHeight + top;
  const first = <usize>(line * s.outWidth + left) * pixelBytes + ((<usize>column) << 2);
  const lowest = f32x4.splat(low);
  const highest = f32x4.splat(high);
  const done = grid + 16 * OUT * IN;
  for (let k = 0; k < count; k += 4, products += 16, bias += 16) {
    let from = products;
    let to = grid;
    for (let j = 0; j < IN; j++, from += productBytes, to += 16) {
      Points.toOutputs(
        v128.load(from),
        v128.load(from + productBytes * IN),
        v128.load(from + productBytes * (2 * IN)),
        v128.load(from + productBytes * (3 * IN)),
        v128.load(from + productBytes * (4 * IN)),
        v128.load(from + productBytes * (5 * IN)),
        to,
        16 * IN,
      );
    }
    const start = v128.load(bias);
    const offset = first + ((<usize>k) << 2);
    for (let i = 0; i < height; i++) {
      const row = grid + 16 * IN * <usize>i;
      Points.toOutputs(
        v128.load(row),
        v128.load(row, 16),
        v128.load(row, 32),
        v128.load(row, 48),
        v128.load(row, 64),
        v128.load(row, 80),
        done,
        16,
      );
      let at = offset + <usize>i * lineBytes;
      let value = done;
      for (let j = 0; j < width; j++, at += pixelBytes, value += 16) {
        let sum = f32x4.add(v128.load(value), start);
        if (count - k >= 4) {
          if (residual) sum = f32x4.add(sum, v128.load(residual + at));
          v128.store(y + at, f32x4.pmin(f32x4.pmax(sum, lowest), highest));
        } else {
          v128.store(value, f32x4.splat(0));
          if (residual) copyFloats(value, residual + at, count - k);
          sum = f32x4.add(sum, v128.load(value));
          v128.store(value, f32x4.pmin(f32x4.pmax(sum, lowest), highest));
          copyFloats(y + at, value, count - k);
        }
      }
    }
  }
}
