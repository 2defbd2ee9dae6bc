/** Convolution of 8-bit maps: products of packed matrices (byte-gemm.ts). */
import { BYTE_EDGE_BYTES, multiplyBytes, Output, PANEL_HEAD, Store } from './byte-gemm';
import { PANEL_STEP, STRIP_STEP, TILE_COLUMNS, TILE_ROWS } from './gemm';
import {
  ADDRESS_BYTES,
  ConvShape,
  locate,
  MAX_BLOCK_ROWS,
  outsideBytes,
  pieceWidth,
} from './patches';

/** Bytes of the packed rows of a block: a part of the second-level cache. */
const BLOCK_BYTES = 131072;

/** Shape, tensors and the treatment of the sums of a convolution. */
@unmanaged
class ByteConv extends Store {
  shape: ConvShape;
  x: usize;
  /** 0: the map holds 0..255, 1: -128..127. */
  isSigned: i32;
  /** Panels as in byte-gemm.ts; in depth, each piece of a patch is padded to pairs. */
  filter: usize;
  y: usize;
}

/** Number of pairs in one piece of a patch, which is padded to pairs. */
function piecePairs(s: ConvShape): i32 {
  return (pieceWidth(s) * s.channels + 1) >> 1;
}

/** Number of pairs in a patch. */
function patchPairs(s: ConvShape): i32 {
  return s.kernelHeight * (s.kernelWidth / pieceWidth(s)) * piecePairs(s);
}

/** Bytes of one strip. */
function stripBytes(s: ConvShape): usize {
  return <usize>patchPairs(s) * STRIP_STEP;
}

/** Number of output pixels that {@link convolveBytes} computes at a time. */
export function convolveBytesBlock(s: ConvShape): i32 {
  const strips = max(1, <i32>(<usize>BLOCK_BYTES / stripBytes(s)));
  return min(MAX_BLOCK_ROWS, strips * TILE_ROWS);
}

/** Scratch bytes that {@link convolveBytes} needs. */
export function convolveBytesScratch(s: ConvShape): usize {
  const strips = max<usize>(<usize>BLOCK_BYTES, stripBytes(s));
  return BYTE_EDGE_BYTES + ADDRESS_BYTES + outsideBytes(s) + strips;
}

/**
 * Computes a part of the output.
 *
 * @param byPanels whether the part is some panels of the filter, or some pixels of the output
 * @param from,to panels, or output pixels
 */
export function convolveBytes(
  c: ByteConv,
  byPanels: bool,
  from: i32,
  to: i32,
  scratch: usize,
): void {
  const s = c.shape;
  const edge = scratch;
  const addresses = edge + BYTE_EDGE_BYTES;
  const outside = addresses + ADDRESS_BYTES;
  const strips = outside + outsideBytes(s);
  memory.fill(outside, 0, outsideBytes(s));

  const pairs = patchPairs(s);
  const itemShift: usize = c.output == Output.FLOAT ? 2 : 0;
  const rowBytes = (<usize>s.filters) << itemShift;
  const blockRows = convolveBytesBlock(s);
  let filter = c.filter;
  let y = c.y;
  let residual = c.residual;
  let columns = s.filters;
  if (byPanels) {
    const skipped = <usize>from * TILE_COLUMNS;
    columns = min(columns, to * TILE_COLUMNS) - from * TILE_COLUMNS;
    filter += <usize>from * (PANEL_HEAD + <usize>pairs * PANEL_STEP);
    y += skipped << itemShift;
    if (residual) residual += skipped;
    from = 0;
    to = s.batch * s.outHeight * s.outWidth;
  }
  for (let row = from; row < to; row += blockRows) {
    const count = min(blockRows, to - row);
    packPatches(c, row, count, outside, addresses, strips);
    const offset = <usize>row * rowBytes;
    const added = residual ? residual + offset : 0;
    multiplyBytes(c, count, columns, pairs, strips, filter, y + offset, rowBytes, added, edge);
  }
}

/** Packs the patches of `count` output pixels into strips of four patches. */
function packPatches(
  c: ByteConv,
  row: i32,
  count: i32,
  outside: usize,
  addresses: usize,
  strips: usize,
): void {
  const s = c.shape;
  const width = pieceWidth(s);
  const pieces = s.kernelHeight * (s.kernelWidth / width);
  const length = width * s.channels;
  const bytes = stripBytes(s);
  const pieceBytes = <usize>piecePairs(s) * STRIP_STEP;
  for (let piece = 0; piece < pieces; piece++, strips += pieceBytes) {
    locate(s, c.x, <usize>s.channels, piece, width, row, count, outside, addresses);
    if (c.isSigned) Pairs.pack(true, addresses, count, length, strips, bytes);
    else Pairs.pack(false, addresses, count, length, strips, bytes);
  }
}

abstract class Pairs {
  /**
   * Packs `length` bytes of the `count` rows at the given addresses.
   *
   * @param isSigned compile-time constant, so that the body is compiled twice
   */
  @inline
  static pack(
    isSigned: bool,
    addresses: usize,
    count: i32,
    length: i32,
    strips: usize,
    stripBytes: usize,
  ): void {
    for (let i = 0; i < count; i += TILE_ROWS, addresses += 4 * TILE_ROWS, strips += stripBytes) {
      // Rows past the last one repeat it; their results are not stored.
      const last = (<usize>(count - i - 1)) << 2;
      let row0 = load<usize>(addresses);
      let row1 = load<usize>(addresses + min<usize>(4, last));
      let row2 = load<usize>(addresses + min<usize>(8, last));
      let row3 = load<usize>(addresses + min<usize>(12, last));
      let target = strips;
      let left = length;
      for (; left >= 8; left -= 8, target += 4 * STRIP_STEP) {
        const r0 = isSigned ? v128.load8x8_s(row0) : v128.load8x8_u(row0);
        const r1 = isSigned ? v128.load8x8_s(row1) : v128.load8x8_u(row1);
        const r2 = isSigned ? v128.load8x8_s(row2) : v128.load8x8_u(row2);
        const r3 = isSigned ? v128.load8x8_s(row3) : v128.load8x8_u(row3);
        const low01 = v128.shuffle<i32>(r0, r1, 0, 4, 1, 5); // pairs 0 and 1 of rows 0 and 1
        const low23 = v128.shuffle<i32>(r2, r3, 0, 4, 1, 5);
        const high01 = v128.shuffle<i32>(r0, r1, 2, 6, 3, 7); // pairs 2 and 3
        const high23 = v128.shuffle<i32>(r2, r3, 2, 6, 3, 7);
        v128.store(target, v128.shuffle<i64>(low01, low23, 0, 2));
        v128.store(target, v128.shuffle<i64>(low01, low23, 1, 3), 16);
        v128.store(target, v128.shuffle<i64>(high01, high23, 0, 2), 32);
        v128.store(target, v128.shuffle<i64>(high01, high23, 1, 3), 48);
        row0 += 8;
        row1 += 8;
        row2 += 8;
        row3 += 8;
      }
      for (; left > 0; left -= 2, target += STRIP_STEP) {
        store<u32>(target, Pairs.one(isSigned, row0, left));
        store<u32>(target, Pairs.one(isSigned, row1, left), 4);
        store<u32>(target, Pairs.one(isSigned, row2, left), 8);
        store<u32>(target, Pairs.one(isSigned, row3, left), 12);
        row0 += 2;
        row1 += 2;
        row2 += 2;
        row3 += 2;
      }
    }
  }

  /** Two bytes as 16-bit numbers, or one and a zero at the end. */
  @inline
  static one(isSigned: bool, row: usize, left: i32): u32 {
    const first: u32 = isSigned ? <u32>load<i8>(row) & 0xffff : <u32>load<u8>(row);
    if (left < 2) return first;
    const second: u32 = isSigned ? <u32>load<i8>(row, 1) : <u32>load<u8>(row, 1);
    return first | (second << 16);
  }
}

/** Converts floats to bytes: round(x · inverse), saturated to -128..127; NaN becomes 0. */
export function quantizeFloats(x: usize, y: usize, count: i32, inverse: f32): void {
  const factor = f32x4.splat(inverse);
  for (; count >= 8; count -= 8, x += 32, y += 8) {
    const low = f32x4.nearest(f32x4.mul(v128.load(x), factor));
    const high = f32x4.nearest(f32x4.mul(v128.load(x, 16), factor));
    const words = i16x8.narrow_i32x4_s(i32x4.trunc_sat_f32x4_s(low), i32x4.trunc_sat_f32x4_s(high));
    v128.store64_lane(y, i8x16.narrow_i16x8_s(words, words), 0);
  }
  for (; count > 0; count--, x += 4, y++) {
    const value = nearest<f32>(load<f32>(x) * inverse);
    store<i8>(y, value == value ? <i8>max(min(value, <f32>127), <f32>-128) : 0);
  }
}
