/** Convolution and its gradients as products of packed matrices (gemm.ts) of patches (patches.ts). */
import { EDGE_BYTES, multiply, PANEL_STEP, STRIP_STEP, TILE_COLUMNS } from './gemm';
import { packPanels } from './pack';
import {
  ADDRESS_BYTES,
  ConvShape,
  isPointwise,
  locate,
  MAX_BLOCK_ROWS,
  outsideBytes,
  packPatchColumns,
  packPatches,
  packStrips,
  patchSize,
} from './patches';

/** Depth of a block: a strip and a panel of it fill a little more than half of a 32 KiB first-level cache. */
const BLOCK_DEPTH = 384;
/** Bytes of the packed rows or patch gradients of a block: a part of the second-level cache. */
const BLOCK_BYTES = 131072;
/** Rows of the filter gradient that are accumulated at a time; a multiple of four. */
const GRADIENT_ROWS = 512;

/** Maximum number of columns without packed patches: each patch is then read once per panel. */
const MAX_UNPACKED = 64;

const NO_LOW = <f32>-Infinity;
const NO_HIGH = <f32>Infinity;

/** Scratch bytes that {@link convolve}, {@link convInputGradient} and {@link convFilterGradient} need. */
export function convScratch(s: ConvShape): usize {
  const fixed = EDGE_BYTES + ADDRESS_BYTES + outsideBytes(s);
  const patches = <usize>max(<i32>BLOCK_BYTES, patchSize(s) * 4 * 8);
  const columns = <usize>(GRADIENT_ROWS * MAX_BLOCK_ROWS * 4);
  const panels = <usize>(s.filters + TILE_COLUMNS) * MAX_BLOCK_ROWS * 4;
  return fixed + max<usize>(<usize>BLOCK_BYTES + patches, columns + panels);
}

/** Scratch bytes that {@link convolve} needs. */
export function convolveScratch(s: ConvShape): usize {
  return EDGE_BYTES + ADDRESS_BYTES + outsideBytes(s) + <usize>BLOCK_BYTES;
}

/** Returns the size of equal parts of at most `limit`. */
function partOf(total: i32, limit: i32): i32 {
  const parts = (total + limit - 1) / limit;
  return (total + parts - 1) / parts;
}

/** Number of output pixels that {@link convolve} computes at a time. */
export function convolveBlock(s: ConvShape): i32 {
  const blockDepth = partOf(patchSize(s), BLOCK_DEPTH);
  return min(MAX_BLOCK_ROWS, (<i32>BLOCK_BYTES / (blockDepth << 2)) & ~3);
}

/**
 * Computes a part of y = clamp(bias + residual + x * filter, low, high). A value does not depend on the
 * choice of the part.
 *
 * @param filter packed into panels: a row of biases, then patchSize rows
 * @param residual 0, or a map of the output's shape
 * @param byPanels whether the part is some panels of the filter, or some pixels of the output
 * @param from,to panels, or output pixels
 */
export function convolve(
  s: ConvShape,
  x: usize,
  filter: usize,
  y: usize,
  residual: usize,
  low: f32,
  high: f32,
  byPanels: bool,
  from: i32,
  to: i32,
  scratch: usize,
): void {
  const edge = scratch;
  const addresses = edge + EDGE_BYTES;
  const outside = addresses + ADDRESS_BYTES;
  const strips = outside + outsideBytes(s);
  memory.fill(outside, 0, outsideBytes(s));

  const depth = patchSize(s);
  const panelBytes = <usize>(1 + depth) * PANEL_STEP;
  const rowBytes = (<usize>s.filters) << 2;
  const blockDepth = partOf(depth, BLOCK_DEPTH);
  const blockRows = convolveBlock(s);
  let columns = s.filters;
  if (byPanels) {
    columns = min(columns, to * TILE_COLUMNS) - from * TILE_COLUMNS;
    filter += <usize>from * panelBytes;
    y += <usize>from * PANEL_STEP;
    if (residual) residual += <usize>from * PANEL_STEP;
    from = 0;
    to = s.batch * s.outHeight * s.outWidth;
  }
  const isMatrix = columns <= MAX_UNPACKED && isPointwise(s);
  const depthBytes = (<usize>depth) << 2;
  for (let row = from; row < to; row += blockRows) {
    const count = min(blockRows, to - row);
    const target = y + <usize>row * rowBytes;
    for (let k = 0; k < depth; k += blockDepth) {
      const end = min(k + blockDepth, depth);
      let a = strips;
      if (isMatrix) a = x + <usize>row * depthBytes + ((<usize>k) << 2);
      else packPatches(s, x, row, count, k, end, outside, addresses, strips);
      const panels = filter + <usize>(1 + k) * PANEL_STEP;
      const start = k == 0 ? filter : 0;
      const add = k > 0 ? target : residual ? residual + (target - y) : 0;
      const lowest = end < depth ? NO_LOW : low;
      const highest = end < depth ? NO_HIGH : high;
      multiply(
        count,
        columns,
        end - k,
        a,
        isMatrix ? depthBytes : 0,
        panels,
        panelBytes,
        target,
        rowBytes,
        start,
        add,
        lowest,
        highest,
        edge,
      );
    }
  }
}

/**
 * dw = xᵀ · dy, summed over all output pixels: [kernelHeight, kernelWidth, channels, filters]
 */
export function convFilterGradient(
  s: ConvShape,
  x: usize,
  dy: usize,
  dw: usize,
  scratch: usize,
): void {
  const edge = scratch;
  const addresses = edge + EDGE_BYTES;
  const outside = addresses + ADDRESS_BYTES;
  const strips = outside + outsideBytes(s);
  const panels = strips + <usize>(GRADIENT_ROWS * MAX_BLOCK_ROWS * 4);
  memory.fill(outside, 0, outsideBytes(s));

  const rows = s.batch * s.outHeight * s.outWidth;
  const rowBytes = (<usize>s.filters) << 2;
  const blockRows = partOf(rows, MAX_BLOCK_ROWS);
  const depth = patchSize(s);
  for (let k = 0; k < depth; k += GRADIENT_ROWS) {
    const end = min(k + GRADIENT_ROWS, depth);
    const target = dw + <usize>k * rowBytes;
    for (let row = 0; row < rows; row += blockRows) {
      const count = min(blockRows, rows - row);
      const panelBytes = <usize>count * PANEL_STEP;
      packPatchColumns(s, x, row, count, k, end, outside, addresses, strips);
      packPanels(panels, panelBytes, dy + <usize>row * rowBytes, rowBytes, count, s.filters);
      multiply(
        end - k,
        s.filters,
        count,
        strips,
        0,
        panels,
        panelBytes,
        target,
        rowBytes,
        0,
        row > 0 ? target : 0,
        NO_LOW,
        NO_HIGH,
        edge,
      );
    }
  }
}

/**
 * dx = add + the gradients of the patches, dy · filterᵀ, summed at the positions of the patches.
 * Works at any stride; at stride 1, {@link convolve} of dy with the rotated filter is faster.
 *
 * @param filter the transposed filter matrix, packed into panels: a row of zeros, then `filters` rows
 * @param add 0, or a map of the input's shape
 */
export function convInputGradient(
  s: ConvShape,
  dy: usize,
  filter: usize,
  dx: usize,
  add: usize,
  scratch: usize,
): void {
  const edge = scratch;
  const addresses = edge + EDGE_BYTES;
  const strips = addresses + ADDRESS_BYTES;
  const patches = strips + <usize>BLOCK_BYTES;
  const dxBytes = (<usize>(s.batch * s.height * s.width * s.channels)) << 2;
  if (add) memory.copy(dx, add, dxBytes);
  else memory.fill(dx, 0, dxBytes);

  const rows = s.batch * s.outHeight * s.outWidth;
  const depth = s.filters;
  const columns = patchSize(s);
  const panelBytes = <usize>(1 + depth) * PANEL_STEP;
  const rowBytes = (<usize>columns) << 2;
  const blockDepth = partOf(depth, BLOCK_DEPTH);
  const widest = max(blockDepth, columns);
  const blockRows = max(8, min(MAX_BLOCK_ROWS, (<i32>BLOCK_BYTES / (widest << 2)) & ~3));
  for (let row = 0; row < rows; row += blockRows) {
    const count = min(blockRows, rows - row);
    for (let k = 0; k < depth; k += blockDepth) {
      const part = min(blockDepth, depth - k);
      listRows(addresses, dy + ((<usize>row * depth) << 2), (<usize>depth) << 2, count);
      packStrips(addresses, count, k, part, strips, <usize>part * STRIP_STEP);
      const panels = filter + <usize>(1 + k) * PANEL_STEP;
      multiply(
        count,
        columns,
        part,
        strips,
        0,
        panels,
        panelBytes,
        patches,
        rowBytes,
        0,
        k > 0 ? patches : 0,
        NO_LOW,
        NO_HIGH,
        edge,
      );
    }
    for (let tap = 0; tap < s.kernelHeight * s.kernelWidth; tap++) {
      locate(s, dx, (<usize>s.channels) << 2, tap, 1, row, count, 0, addresses);
      addRows(addresses, patches + ((<usize>tap * s.channels) << 2), rowBytes, s.channels, count);
    }
  }
}

function listRows(addresses: usize, matrix: usize, rowBytes: usize, count: i32): void {
  for (let i = 0; i < count; i++, addresses += 4, matrix += rowBytes) {
    store<usize>(addresses, matrix);
  }
}

/** Adds rows of `length` floats to the floats at the addresses; address 0 skips a row. */
function addRows(addresses: usize, source: usize, rowBytes: usize, length: i32, count: i32): void {
  for (let i = 0; i < count; i++, addresses += 4, source += rowBytes) {
    const target = load<usize>(addresses);
    if (!target) continue;
    let at: usize = 0;
    let left = length;
    for (; left >= 4; left -= 4, at += 16) {
      v128.store(target + at, f32x4.add(v128.load(target + at), v128.load(source + at)));
    }
    for (; left > 0; left--, at += 4) {
      store<f32>(target + at, load<f32>(target + at) + load<f32>(source + at));
    }
  }
}
