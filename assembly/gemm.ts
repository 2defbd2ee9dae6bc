/**
 * Matrix product of packed operands: the inner loops of every convolution and of its gradients.
 *
 * The left operand is packed into strips of four rows, [ceil(rows / 4), depth, 4], the right one into
 * panels of eight columns, [ceil(columns / 8), depth, 8]; missing rows and columns are zeros.
 * One 4×8 tile of the product then reads both operands front to back and lives in eight registers.
 * With few panels, packing the left operand costs more than it saves; it is then read unpacked.
 */
import { Lanes } from './lanes';

export const TILE_ROWS = 4;
export const TILE_COLUMNS = 8;
/** Bytes per unit of depth in a strip and in a panel. */
export const STRIP_STEP: usize = 16;
export const PANEL_STEP: usize = 32;
/** Scratch bytes for tiles that overhang the product. */
export const EDGE_BYTES: usize = 128;

/**
 * c = clamp(start + add + a · b, low, high)
 *
 * @param a strips, depth · STRIP_STEP bytes apart; or a matrix [rows, depth]
 * @param aBytes 0 for strips, or bytes from one row of the matrix to the next
 * @param b panels, `panelBytes` apart
 * @param c output [rows, columns], rows `rowBytes` apart
 * @param start 0, or eight floats (a bias) for each panel, `panelBytes` apart
 * @param add 0, or a matrix laid out as c (a residual, or c itself to accumulate)
 * @param edge EDGE_BYTES of scratch
 */
export function multiply(
  rows: i32,
  columns: i32,
  depth: i32,
  a: usize,
  aBytes: usize,
  b: usize,
  panelBytes: usize,
  c: usize,
  rowBytes: usize,
  start: usize,
  add: usize,
  low: f32,
  high: f32,
  edge: usize,
): void {
  const stripBytes = aBytes ? aBytes * TILE_ROWS : <usize>depth * STRIP_STEP;
  for (let column = 0; column < columns; column += TILE_COLUMNS, b += panelBytes) {
    const width = columns - column;
    let strip = a;
    let offset = (<usize>column) << 2;
    for (let row = 0; row < rows; row += TILE_ROWS, strip += stripBytes) {
      // Rows past the last one repeat it; their results are not stored.
      const last = min(rows - row, TILE_ROWS) - 1;
      const target = c + offset;
      const source = add ? add + offset : 0;
      if (width >= TILE_COLUMNS && rows - row >= TILE_ROWS) {
        tile(depth, strip, aBytes, last, b, target, rowBytes, start, source, low, high);
      } else {
        const height = last + 1;
        copyIn(edge, source, rowBytes, height, min(width, TILE_COLUMNS));
        tile(depth, strip, aBytes, last, b, edge, PANEL_STEP, start, edge, low, high);
        copyOut(target, edge, rowBytes, height, min(width, TILE_COLUMNS));
      }
      offset += rowBytes * TILE_ROWS;
    }
    if (start) start += panelBytes;
  }
}

/** One full tile, of a strip or of the rows 0 to `last` of a matrix; `c` and `add` may be the same. */
function tile(
  depth: i32,
  a: usize,
  aBytes: usize,
  last: i32,
  b: usize,
  c: usize,
  rowBytes: usize,
  start: usize,
  add: usize,
  low: f32,
  high: f32,
): void {
  if (!aBytes) {
    Tile.compute(true, depth, a, 0, 0, 0, b, c, rowBytes, start, add, low, high);
    return;
  }
  const a1 = a + aBytes * <usize>min(1, last);
  const a2 = a + aBytes * <usize>min(2, last);
  const a3 = a + aBytes * <usize>min(3, last);
  Tile.compute(false, depth, a, a1, a2, a3, b, c, rowBytes, start, add, low, high);
}

abstract class Tile {
  /** @param isPacked compile-time constant, so that the body is compiled twice */
  @inline
  static compute(
    isPacked: bool,
    depth: i32,
    a: usize,
    a1: usize,
    a2: usize,
    a3: usize,
    b: usize,
    c: usize,
    rowBytes: usize,
    start: usize,
    add: usize,
    low: f32,
    high: f32,
  ): void {
    let c00 = f32x4.splat(0);
    let c01 = c00;
    if (start) {
      c00 = v128.load(start);
      c01 = v128.load(start, 16);
    }
    let c10 = c00;
    let c11 = c01;
    let c20 = c00;
    let c21 = c01;
    let c30 = c00;
    let c31 = c01;
    if (add) {
      c00 = f32x4.add(c00, v128.load(add));
      c01 = f32x4.add(c01, v128.load(add, 16));
      add += rowBytes;
      c10 = f32x4.add(c10, v128.load(add));
      c11 = f32x4.add(c11, v128.load(add, 16));
      add += rowBytes;
      c20 = f32x4.add(c20, v128.load(add));
      c21 = f32x4.add(c21, v128.load(add, 16));
      add += rowBytes;
      c30 = f32x4.add(c30, v128.load(add));
      c31 = f32x4.add(c31, v128.load(add, 16));
    }
    for (const end = b + <usize>depth * PANEL_STEP; b < end; b += PANEL_STEP) {
      const b0 = v128.load(b);
      const b1 = v128.load(b, 16);
      let x = v128.load32_splat(a);
      c00 = Lanes.addProduct(c00, x, b0);
      c01 = Lanes.addProduct(c01, x, b1);
      x = isPacked ? v128.load32_splat(a, 4) : v128.load32_splat(a1);
      c10 = Lanes.addProduct(c10, x, b0);
      c11 = Lanes.addProduct(c11, x, b1);
      x = isPacked ? v128.load32_splat(a, 8) : v128.load32_splat(a2);
      c20 = Lanes.addProduct(c20, x, b0);
      c21 = Lanes.addProduct(c21, x, b1);
      x = isPacked ? v128.load32_splat(a, 12) : v128.load32_splat(a3);
      c30 = Lanes.addProduct(c30, x, b0);
      c31 = Lanes.addProduct(c31, x, b1);
      if (isPacked) {
        a += STRIP_STEP;
      } else {
        a += 4;
        a1 += 4;
        a2 += 4;
        a3 += 4;
      }
    }
    const lowest = f32x4.splat(low);
    const highest = f32x4.splat(high);
    v128.store(c, f32x4.pmin(f32x4.pmax(c00, lowest), highest));
    v128.store(c, f32x4.pmin(f32x4.pmax(c01, lowest), highest), 16);
    c += rowBytes;
    v128.store(c, f32x4.pmin(f32x4.pmax(c10, lowest), highest));
    v128.store(c, f32x4.pmin(f32x4.pmax(c11, lowest), highest), 16);
    c += rowBytes;
    v128.store(c, f32x4.pmin(f32x4.pmax(c20, lowest), highest));
    v128.store(c, f32x4.pmin(f32x4.pmax(c21, lowest), highest), 16);
    c += rowBytes;
    v128.store(c, f32x4.pmin(f32x4.pmax(c30, lowest), highest));
    v128.store(c, f32x4.pmin(f32x4.pmax(c31, lowest), highest), 16);
  }
}

/** Fills an edge tile with the values to add, and zeros elsewhere. */
function copyIn(edge: usize, source: usize, rowBytes: usize, height: i32, width: i32): void {
  const zero = f32x4.splat(0);
  for (let i: usize = 0; i < EDGE_BYTES; i += 16) v128.store(edge + i, zero);
  if (!source) return;
  for (let i = 0; i < height; i++, edge += PANEL_STEP, source += rowBytes) {
    copyFloats(edge, source, width);
  }
}

function copyOut(target: usize, edge: usize, rowBytes: usize, height: i32, width: i32): void {
  for (let i = 0; i < height; i++, edge += PANEL_STEP, target += rowBytes) {
    copyFloats(target, edge, width);
  }
}

/** Copies at most TILE_COLUMNS floats, for which a call of memory.copy costs more than the copy. */
export function copyFloats(target: usize, source: usize, count: i32): void {
  for (; count >= 4; count -= 4, target += 16, source += 16) {
    v128.store(target, v128.load(source));
  }
  for (; count > 0; count--, target += 4, source += 4) store<f32>(target, load<f32>(source));
}
