/** How layers are cut into parts for several threads. */
import type { ConvGeometry, DepthwiseGeometry } from './layer-geometry.ts';

/** Items (lines, pixels, panels of a filter) in all, and in one part. */
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
/** Pixels are computed four at a time: TILE_ROWS there. */
const TILE_ROWS = 4;

/** A part with fewer multiplications is done before another thread could begin with it. */
const MIN_PRODUCTS = 50_000;
/** Parts per thread, so that none waits long for the last one. */
const MAX_ROUNDS = 4;
/** A part of some panels packs all pixels, which is about the work of one panel. */
const MIN_PANELS = 8;
/** With fewer pixels per thread than this, reading all of the filter in every thread does not pay. */
const MIN_PIXELS = 32;
/** The same for tiles of Winograd's convolution, whose filters are four times as large. */
const MIN_TILES = 32;
/** Lines of a part of a chain: each part computes two more lines of the first map. */
const MIN_CHAIN_LINES = 20;

/**
 * @param block pixels that the kernel computes at a time
 * @param threads that share the work
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

/** @param tiles of the output in all */
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

/** Some lines of the last map; those of the first that two parts need are computed twice. */
export function chainParts({ batch, outHeight }: DepthwiseGeometry, threads: number): Parts {
  const lines = batch * outHeight;
  const most = Math.min(MAX_ROUNDS, Math.floor(lines / threads / MIN_CHAIN_LINES));
  return cut(lines, 1, threads, threads > 1 ? Math.max(1, most) : 0);
}

/** @param floats in a line */
export function lineParts(lines: number, floats: number, threads: number): Parts {
  return cut(lines, 1, threads, roundsFor(lines * floats, threads));
}

/** Most parts of a thread; 0 if the work is too small to be shared. */
function roundsFor(products: number, threads: number): number {
  return threads > 1 ? Math.min(MAX_ROUNDS, Math.floor(products / MIN_PRODUCTS / threads)) : 0;
}

/**
 * Equal parts, each but the last a multiple of `unit`.
 * @param most parts of a thread; fewer, but not less than `least`, where these end earlier
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
