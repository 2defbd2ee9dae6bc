/** Writes the anchor grid directly into the heap. */
import { type AnchorOptions, cellShapes, type GridShape } from '../anchors.ts';
import type { Kernels } from './module.ts';

/**
 * Writes the result of {@link anchorGrid}, bit for bit, to an address with room for [N, 4] floats.
 * @param levels levels, as many as the options describe; anchorCount checks this
 * @throws OUT_OF_MEMORY
 */
export function writeAnchorGrid(
  kernels: Kernels,
  pointer: number,
  levels: readonly GridShape[],
  inputHeight: number,
  inputWidth: number,
  options: AnchorOptions,
): void {
  const { heap } = kernels;
  const anchorsPerCell = options.ratios.length;
  const shapes = heap.malloc(16 * anchorsPerCell);
  let at = pointer;
  levels.forEach(([rows, columns], level) => {
    new Float64Array(heap.memory.buffer, shapes, 2 * anchorsPerCell).set(
      cellShapes(level, inputHeight, inputWidth, options),
    );
    const stepX = options.strides[level] / inputWidth;
    const stepY = options.strides[level] / inputHeight;
    const { clip } = options;
    at = kernels.anchorLevel(at, shapes, anchorsPerCell, rows, columns, stepX, stepY, +clip) >>> 0;
  });
  heap.free(shapes);
}
