/**
 * Matrix product of 8-bit operands with 32-bit sums: the inner loop of 8-bit convolutions.
 *
 * Both operands are packed as 16-bit numbers, two neighbors in depth side by side, because one
 * instruction of every engine multiplies such pairs and adds the two products. The left operand is
 * packed into strips of four rows, [ceil(rows / 4), pairs, 4, 2], the right one into panels of eight
 * columns: a head, then [pairs, 8, 2].
 *
 * All sums are exact, so a value depends neither on the engine nor on the order of the work.
 */
import { PANEL_STEP, STRIP_STEP, TILE_COLUMNS, TILE_ROWS } from './gemm';

/**
 * Bytes of the head of a panel: the start of eight sums as i32; then eight i16 multipliers for the sum
 * and eight for the residual, or, for floats, eight f32 factors.
 */
export const PANEL_HEAD: usize = 64;
const MULTIPLIERS = 32;
const RESIDUAL_MULTIPLIERS = 48;

/** Scratch bytes for tiles that overhang the product: a tile of floats, and one of residuals. */
export const BYTE_EDGE_BYTES: usize = 160;
const RESIDUAL_EDGE = 128;

/** A residual is added in units of 1/16 of the output's step. */
const FRACTION_BITS = 4;
/** Half of an output step, in sixteenths. */
const HALF: i16 = 8;
/** Bits by which residuals are shifted before their multiplication. */
const RESIDUAL_SHIFT = 7;

/** What becomes of the sums. */
export abstract class Output {
  /** Saturates to -128..127. */
  static readonly SIGNED: i32 = 0;
  /** Saturates to 0..255, which is a rectifier. */
  static readonly UNSIGNED: i32 = 1;
  /** Multiplies by the factor of the column. */
  static readonly FLOAT: i32 = 2;
}

/** What a tile does with its sums. */
@unmanaged
export class Store {
  /** See {@link Output}. */
  output: i32;
  /** Bits by which sums are shifted to the right, so that the used ones fit 16 bits. */
  shift: i32;
  /** 0, or a map of the output's shape. */
  residual: usize;
  residualIsSigned: i32;
}

/**
 * c = store(start + a · b)
 *
 * @param a strips
 * @param b panels
 * @param c output [rows, columns], rows `rowBytes` apart
 * @param residual 0, or residuals laid out as c
 * @param edge BYTE_EDGE_BYTES of scratch
 */
export function multiplyBytes(
  s: Store,
  rows: i32,
  columns: i32,
  pairs: i32,
  a: usize,
  b: usize,
  c: usize,
  rowBytes: usize,
  residual: usize,
  edge: usize,
): void {
  const stripBytes = <usize>pairs * STRIP_STEP;
  const panelBytes = PANEL_HEAD + <usize>pairs * PANEL_STEP;
  const itemShift: usize = s.output == Output.FLOAT ? 2 : 0;
  const edgeRow = (<usize>TILE_COLUMNS) << itemShift;
  for (let column = 0; column < columns; column += TILE_COLUMNS, b += panelBytes) {
    const width = min(columns - column, TILE_COLUMNS);
    let strip = a;
    let offset = (<usize>column) << itemShift;
    for (let row = 0; row < rows; row += TILE_ROWS, strip += stripBytes) {
      const height = min(rows - row, TILE_ROWS);
      if (width == TILE_COLUMNS && height == TILE_ROWS) {
        const added = residual ? residual + offset : 0;
        tile(s, pairs, strip, b, c + offset, rowBytes, added, rowBytes);
      } else {
        const added = residual ? edge + RESIDUAL_EDGE : 0;
        if (added) copyRows(added, TILE_COLUMNS, residual + offset, rowBytes, height, width);
        tile(s, pairs, strip, b, edge, edgeRow, added, TILE_COLUMNS);
        copyRows(c + offset, rowBytes, edge, edgeRow, height, (<usize>width) << itemShift);
      }
      offset += rowBytes * TILE_ROWS;
    }
  }
}

function tile(
  s: Store,
  pairs: i32,
  a: usize,
  b: usize,
  c: usize,
  rowBytes: usize,
  residual: usize,
  residualBytes: usize,
): void {
  const head = b;
  let c00 = v128.load(b);
  let c01 = v128.load(b, 16);
  let c10 = c00;
  let c11 = c01;
  let c20 = c00;
  let c21 = c01;
  let c30 = c00;
  let c31 = c01;
  b += PANEL_HEAD;
  for (const end = b + <usize>pairs * PANEL_STEP; b < end; b += PANEL_STEP, a += STRIP_STEP) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    let x = v128.load32_splat(a);
    c00 = i32x4.add(c00, i32x4.dot_i16x8_s(x, b0));
    c01 = i32x4.add(c01, i32x4.dot_i16x8_s(x, b1));
    x = v128.load32_splat(a, 4);
    c10 = i32x4.add(c10, i32x4.dot_i16x8_s(x, b0));
    c11 = i32x4.add(c11, i32x4.dot_i16x8_s(x, b1));
    x = v128.load32_splat(a, 8);
    c20 = i32x4.add(c20, i32x4.dot_i16x8_s(x, b0));
    c21 = i32x4.add(c21, i32x4.dot_i16x8_s(x, b1));
    x = v128.load32_splat(a, 12);
    c30 = i32x4.add(c30, i32x4.dot_i16x8_s(x, b0));
    c31 = i32x4.add(c31, i32x4.dot_i16x8_s(x, b1));
  }
  if (s.output == Output.FLOAT) {
    const factor0 = v128.load(head, MULTIPLIERS);
    const factor1 = v128.load(head, MULTIPLIERS + 16);
    Row.storeFloats(c, c00, c01, factor0, factor1);
    Row.storeFloats((c += rowBytes), c10, c11, factor0, factor1);
    Row.storeFloats((c += rowBytes), c20, c21, factor0, factor1);
    Row.storeFloats(c + rowBytes, c30, c31, factor0, factor1);
    return;
  }
  const multiplier = v128.load(head, MULTIPLIERS);
  let y0 = Row.scale(c00, c01, s.shift, multiplier);
  let y1 = Row.scale(c10, c11, s.shift, multiplier);
  let y2 = Row.scale(c20, c21, s.shift, multiplier);
  let y3 = Row.scale(c30, c31, s.shift, multiplier);
  if (residual) {
    const isSigned = s.residualIsSigned != 0;
    const factor = v128.load(head, RESIDUAL_MULTIPLIERS);
    y0 = Row.addResidual(y0, residual, isSigned, factor);
    y1 = Row.addResidual(y1, (residual += residualBytes), isSigned, factor);
    y2 = Row.addResidual(y2, (residual += residualBytes), isSigned, factor);
    y3 = Row.addResidual(y3, residual + residualBytes, isSigned, factor);
  }
  const y01 = s.output ? i8x16.narrow_i16x8_u(y0, y1) : i8x16.narrow_i16x8_s(y0, y1);
  const y23 = s.output ? i8x16.narrow_i16x8_u(y2, y3) : i8x16.narrow_i16x8_s(y2, y3);
  v128.store64_lane(c, y01, 0);
  v128.store64_lane((c += rowBytes), y01, 1);
  v128.store64_lane((c += rowBytes), y23, 0);
  v128.store64_lane(c + rowBytes, y23, 1);
}

/** One row of a tile: eight columns. */
abstract class Row {
  @inline
  static scale(sum0: v128, sum1: v128, shift: i32, multiplier: v128): v128 {
    const sums = i16x8.narrow_i32x4_s(i32x4.shr_s(sum0, shift), i32x4.shr_s(sum1, shift));
    return i16x8.q15mulr_sat_s(sums, multiplier);
  }

  /** Adds the residual to sixteenths, and rounds to whole steps. */
  @inline
  static addResidual(y: v128, residual: usize, isSigned: bool, multiplier: v128): v128 {
    const bytes = isSigned ? v128.load8x8_s(residual) : v128.load8x8_u(residual);
    const added = i16x8.q15mulr_sat_s(i16x8.shl(bytes, RESIDUAL_SHIFT), multiplier);
    const sum = i16x8.add_sat_s(i16x8.add_sat_s(y, added), i16x8.splat(HALF));
    return i16x8.shr_s(sum, FRACTION_BITS);
  }

  @inline
  static storeFloats(c: usize, sum0: v128, sum1: v128, factor0: v128, factor1: v128): void {
    v128.store(c, f32x4.mul(f32x4.convert_i32x4_s(sum0), factor0));
    v128.store(c, f32x4.mul(f32x4.convert_i32x4_s(sum1), factor1), 16);
  }
}

/** Copies the first `bytes` bytes of some rows. */
function copyRows(
  target: usize,
  targetBytes: usize,
  source: usize,
  sourceBytes: usize,
  rows: i32,
  bytes: usize,
): void {
  for (; rows > 0; rows--, target += targetBytes, source += sourceBytes) {
    for (let at: usize = 0; at < bytes; at++) store<u8>(target + at, load<u8>(source + at));
  }
}
