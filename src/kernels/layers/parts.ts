/** Cuts layers into parts for several threads. */
import type { ConvGeometry, DepthwiseGeometry } from './layer-geometry.ts';

/** Number of items (lines, pixels, panels of a filter) in total, and in one part. */
export interface Parts {
  total: number;
  step: number;
}

export interface ConvParts extends Parts {
  /** Whether the items are panels of the filter, or pixels of the output. */
  byPanels: boolean;
}

/** Panels are eight columns wide: TILE_COLUMNS in assembly/gemm.ts. */
export const PANEL_COLUMNS = 8;
/** Pixels are computed four at a time: TILE_ROWS in assembly/gemm.ts. */
const TILE_ROWS = 4;

/** Minimum multiplications of a part; smaller parts end before another thread could start. */
const MIN_PRODUCTS = 50_000;
/** Maximum parts per thread; several parts keep the wait for the last thread short. */
const MAX_ROUNDS = 4;
/** Minimum panels of a part: each part packs all pixels, which costs about as much as one panel. */
const MIN_PANELS = 8;
/** Minimum pixels per thread; with fewer, reading the whole filter in every thread costs too much. */
const MIN_PIXELS = 32;
/** Minimum tiles of Winograd's convolution per thread; its filters are four times as large. */
const MIN_TILES = 32;
/** Minimum lines of a part of a chain: each part computes two extra lines of the first map. */
const MIN_CHAIN_LINES = 20;

/**
 * Cuts a convolution into parts.
 * @param block number of pixels that the kernel computes at a time
 * @param threads number of threads that share the work
 */
export function convParts(geometry: ConvGeometry, block: number, threads: number): ConvParts {
  const { batch, outHeight, outWidth, channels, filters, kernelHeight, kernelWidth } = geometry;
  const pixels = batch * outHeight * outWidth;
  const panels = Math.ceil(filters / PANEL_COLUMNS);
  const products = pixels * filters * channels * kernelHeight * kernelWidth;
  const rounds = roundsFor(products, threads);
  const byPanels = pixels < threads * MIN_PIXELS && panels >= threads;
  if (byPanels) {
    const most = Math.max(1, Math.floor(panels / threads / MIN_PANELS));
    return { byPanels, ...cut(panels, 1, threads, Math.min(rounds, most)) };
  }
  const blocks = Math.ceil(pixels / (threads * block));
  const most = rounds && Math.max(rounds, blocks);
  return { byPanels, ...cut(pixels, TILE_ROWS, threads, most, blocks) };
}

/** @param tiles number of tiles of the output */
export function winogradParts(
  { channels, filters }: ConvGeometry,
  tiles: number,
  threads: number,
): ConvParts {
  const panels = Math.ceil(filters / PANEL_COLUMNS);
  const rounds = roundsFor(tiles * channels * filters, threads);
  const byPanels = tiles < threads * MIN_TILES && panels >= threads;
  if (byPanels) return { byPanels, ...cut(panels, 1, threads, Math.min(rounds, 1)) };
  const most = Math.floor(tiles / threads / MIN_TILES);
  return { byPanels, ...cut(tiles, TILE_ROWS, threads, Math.min(rounds, Math.max(1, most))) };
}

export function depthwiseParts(geometry: DepthwiseGeometry, threads: number): Parts {
  const { batch, outHeight, outWidth, channels } = geometry;
  const lines = batch * outHeight;
  return cut(lines, 1, threads, roundsFor(lines * outWidth * channels * 9, threads));
}

/** Cuts the last map into lines; both neighbors compute the lines of the first map that they share. */
export function chainParts({ batch, outHeight }: DepthwiseGeometry, threads: number): Parts {
  const lines = batch * outHeight;
  const most = Math.min(MAX_ROUNDS, Math.floor(lines / threads / MIN_CHAIN_LINES));
  return cut(lines, 1, threads, threads > 1 ? Math.max(1, most) : 0);
}

/** @param floats number of floats in a line */
export function lineParts(lines: number, floats: number, threads: number): Parts {
  return cut(lines, 1, threads, roundsFor(lines * floats, threads));
}

/** Returns the maximum parts of a thread, or 0 if the work is too small to share. */
function roundsFor(products: number, threads: number): number {
  return threads > 1 ? Math.min(MAX_ROUNDS, Math.floor(products / MIN_PRODUCTS / threads)) : 0;
}

/**
 * Cuts into equal parts, each except the last a multiple of `unit`.
 * @param most maximum parts of a thread; uses fewer, but at least `least`, if that finishes earlier
 */
function cut(total: number, unit: number, threads: number, most: number, least = 1): Parts {
  let best = { end: Number.POSITIVE_INFINITY, step: total };
  for (let rounds = most; rounds >= least; rounds--) {
    const step = Math.ceil(total / unit / (rounds * threads)) * unit;
    const end = Math.ceil(total / step / threads) * step;
    if (end < best.end) best = { end, step };
  }
  return { total, step: best.step };
}
