/** How layers are cut into parts for several threads. */
import type { ConvGeometry, DepthwiseGeometry } from './geometry.ts';

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

/** A part with fewer multiplications takes less time than it takes another thread to begin with it. */
const MIN_PRODUCTS = 100_000;
/** Parts per thread, so that none waits long for the last one. */
const PARTS_PER_THREAD = 4;

/**
 * @param block pixels that the kernel computes at a time
 * @param threads that share the work
 */
export function convParts(geometry: ConvGeometry, block: number, threads: number): ConvParts {
  const { batch, outHeight, outWidth, channels, filters, kernelHeight, kernelWidth } = geometry;
  const pixels = batch * outHeight * outWidth;
  const panels = Math.ceil(filters / PANEL_COLUMNS);
  const products = pixels * filters * channels * kernelHeight * kernelWidth;
  // Few pixels: a thread that reads a part of the filter reads less than one that reads all of it.
  const byPanels = pixels < threads * block && panels >= PARTS_PER_THREAD * threads;
  const parts = partCount(products, threads);
  if (byPanels) return { byPanels, ...cut(panels, parts, 1) };
  const blocks = threads * Math.ceil(pixels / (threads * block));
  return { byPanels, ...cut(pixels, parts > 1 ? Math.max(parts, blocks) : 1, TILE_ROWS) };
}

export function depthwiseParts(geometry: DepthwiseGeometry, threads: number): Parts {
  const { batch, outHeight, outWidth, channels } = geometry;
  const lines = batch * outHeight;
  return cut(lines, partCount(lines * outWidth * channels * 9, threads), 1);
}

/** @param floats in a line */
export function lineParts(lines: number, floats: number, threads: number): Parts {
  return cut(lines, partCount(lines * floats, threads), 1);
}

/** Either 1 or a multiple of the threads. */
function partCount(products: number, threads: number): number {
  const rounds = Math.min(PARTS_PER_THREAD, Math.floor(products / MIN_PRODUCTS / threads));
  return threads > 1 && rounds > 0 ? rounds * threads : 1;
}

/** Equal parts, each but the last a multiple of `unit`. */
function cut(total: number, parts: number, unit: number): Parts {
  return { total, step: Math.ceil(total / parts / unit) * unit };
}
