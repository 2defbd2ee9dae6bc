/**
 * 3×3 convolution with stride 1 in tiles of 4×4 outputs by Winograd's minimal filtering F(4×4, 3×3)
 * (Lavin and Gray, arXiv 1509.09308). It computes 36 linear combinations, "points", of each tile's 6×6
 * inputs and of each filter; a product of matrices [tiles, channels] · [channels, filters] for every
 * point then needs a quarter of the multiplications.
 */
import { EDGE_BYTES, multiply, PANEL_STEP, TILE_COLUMNS } from './gemm';
import { ConvShape } from './patches';
import {
  POINTS,
  tileScratch,
  transformInputs,
  transformOutput,
  winogradTiles,
} from './winograd-tiles';

/** Bytes for the points of tiles computed together; the products of a point fit the second-level cache. */
const BLOCK_BYTES = 5 << 20;
const MIN_BLOCK = 16;
const MAX_BLOCK = 64;
/** Offset beyond whole pages between points; without it, the points of a tile would share few cache lines. */
const SHIFT_BYTES: usize = 64;

const NO_LOW = <f32>-Infinity;
const NO_HIGH = <f32>Infinity;

/** Quotient, rounded up. */
function up(value: i32, unit: i32): i32 {
  return (value + unit - 1) / unit;
}

/** Maximum number of tiles that are computed together; a multiple of four. */
function largestBlock(s: ConvShape): i32 {
  const fit = <i32>BLOCK_BYTES / (POINTS * 4 * (s.channels + s.filters));
  return max(MIN_BLOCK, min(MAX_BLOCK, fit & ~3));
}

/** Bytes from the strips (or products) of one point to those of the next point. */
function pointBytes(tiles: i32, columns: i32): usize {
  return ((<usize>(tiles * columns)) << 2) + SHIFT_BYTES;
}

/** Scratch bytes that {@link winograd} needs. */
export function winogradScratch(s: ConvShape): usize {
  const block = largestBlock(s);
  const filters = up(s.filters, TILE_COLUMNS) * TILE_COLUMNS;
  const points = pointBytes(block, s.channels) + pointBytes(block, filters);
  return EDGE_BYTES + tileScratch(s) + POINTS * points;
}

/**
 * Computes a part of y = clamp(bias + residual + x * filter, low, high). A value does not depend on the
 * choice of the part.
 *
 * @param s a 3×3 filter, stride and dilation 1, channels a multiple of four
 * @param filter a row of biases, then the points: see {@link winogradFilter}
 * @param residual 0, or a map of the output's shape
 * @param byPanels whether the part is some panels of the filter, or some tiles
 * @param from,to panels, or tiles
 */
export function winograd(
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
  const panels = up(s.filters, TILE_COLUMNS);
  const firstPanel = byPanels ? from : 0;
  const lastPanel = byPanels ? to : panels;
  const firstTile = byPanels ? 0 : from;
  const lastTile = byPanels ? winogradTiles(s) : to;
  const columns = (lastPanel - firstPanel) * TILE_COLUMNS;
  const panelBytes = <usize>s.channels * PANEL_STEP;
  const point = filter + <usize>panels * PANEL_STEP + <usize>firstPanel * panelBytes;

  const blocks = up(lastTile - firstTile, largestBlock(s));
  const block = up(up(lastTile - firstTile, blocks), 4) * 4;
  const stripBytes = pointBytes(block, s.channels);
  const productBytes = pointBytes(block, columns);
  const edge = scratch;
  const work = edge + EDGE_BYTES;
  const strips = work + tileScratch(s);
  const products = strips + POINTS * stripBytes;
  for (let tile = firstTile; tile < lastTile; tile += block) {
    const count = min(block, lastTile - tile);
    transformInputs(s, x, tile, count, strips, stripBytes, work);
    for (let p = 0; p < POINTS; p++) {
      multiply(
        count,
        columns,
        s.channels,
        strips + <usize>p * stripBytes,
        0,
        point + <usize>(p * panels) * panelBytes,
        panelBytes,
        products + <usize>p * productBytes,
        (<usize>columns) << 2,
        0,
        0,
        NO_LOW,
        NO_HIGH,
        edge,
      );
    }
    const column = firstPanel * TILE_COLUMNS;
    for (let i = 0; i < count; i++) {
      const from = products + ((<usize>(i * columns)) << 2);
      const bias = filter + ((<usize>column) << 2);
      const last = min(columns, s.filters - column);
      transformOutput(
        s,
        y,
        residual,
        tile + i,
        column,
        last,
        from,
        productBytes,
        bias,
        low,
        high,
        work,
      );
    }
  }
}
