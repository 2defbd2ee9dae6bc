/** Packs matrices into the strips and panels that gemm.ts multiplies. */
import { copyFloats, PANEL_STEP, TILE_COLUMNS } from './gemm';

/**
 * Interleaves `depth` values of four rows: a strip, or with a step of PANEL_STEP half a panel.
 *
 * @param step bytes from one depth to the next
 */
export function interleave(
  target: usize,
  step: usize,
  row0: usize,
  row1: usize,
  row2: usize,
  row3: usize,
  depth: i32,
): void {
  let k = 0;
  for (; k <= depth - 4; k += 4) {
    const r0 = v128.load(row0);
    const r1 = v128.load(row1);
    const r2 = v128.load(row2);
    const r3 = v128.load(row3);
    const low01 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5); // r0[0] r1[0] r0[1] r1[1]
    const low23 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
    const high01 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7); // r0[2] r1[2] r0[3] r1[3]
    const high23 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
    v128.store(target, v128.shuffle<i64>(low01, low23, 0, 2));
    target += step;
    v128.store(target, v128.shuffle<i64>(low01, low23, 1, 3));
    target += step;
    v128.store(target, v128.shuffle<i64>(high01, high23, 0, 2));
    target += step;
    v128.store(target, v128.shuffle<i64>(high01, high23, 1, 3));
    target += step;
    row0 += 16;
    row1 += 16;
    row2 += 16;
    row3 += 16;
  }
  for (; k < depth; k++, target += step) {
    store<f32>(target, load<f32>(row0));
    store<f32>(target, load<f32>(row1), 4);
    store<f32>(target, load<f32>(row2), 8);
    store<f32>(target, load<f32>(row3), 12);
    row0 += 4;
    row1 += 4;
    row2 += 4;
    row3 += 4;
  }
}

/** Packs a row-major [depth, columns] matrix, rows `rowBytes` apart, into panels. */
export function packPanels(
  panels: usize,
  panelBytes: usize,
  matrix: usize,
  rowBytes: usize,
  depth: i32,
  columns: i32,
): void {
  for (let column = 0; column < columns; column += TILE_COLUMNS, panels += panelBytes) {
    const width = columns - column;
    let row = matrix + ((<usize>column) << 2);
    let panel = panels;
    for (let k = 0; k < depth; k++, row += rowBytes, panel += PANEL_STEP) {
      if (width >= TILE_COLUMNS) {
        v128.store(panel, v128.load(row));
        v128.store(panel, v128.load(row, 16), 16);
      } else {
        v128.store(panel, f32x4.splat(0));
        v128.store(panel, f32x4.splat(0), 16);
        copyFloats(panel, row, width);
      }
    }
  }
}

/** Packs the transpose of a row-major [columns, depth] matrix, rows `rowBytes` apart, into panels. */
export function packPanelsTransposed(
  panels: usize,
  panelBytes: usize,
  matrix: usize,
  rowBytes: usize,
  depth: i32,
  columns: i32,
): void {
  for (let column = 0; column < columns; column += TILE_COLUMNS, panels += panelBytes) {
    const last = columns - column - 1;
    for (let half = 0; half < TILE_COLUMNS; half += 4) {
      const target = panels + ((<usize>half) << 2);
      // Rows past the last one repeat it; clearLanes then drops them.
      const row = matrix + <usize>column * rowBytes;
      const row0 = row + <usize>min(half, last) * rowBytes;
      const row1 = row + <usize>min(half + 1, last) * rowBytes;
      const row2 = row + <usize>min(half + 2, last) * rowBytes;
      const row3 = row + <usize>min(half + 3, last) * rowBytes;
      interleave(target, PANEL_STEP, row0, row1, row2, row3, depth);
    }
    if (last + 1 < TILE_COLUMNS) clearLanes(panels, depth, last + 1);
  }
}

function clearLanes(panel: usize, depth: i32, from: i32): void {
  const offset = (<usize>from) << 2;
  for (let k = 0; k < depth; k++, panel += PANEL_STEP) {
    memory.fill(panel + offset, 0, PANEL_STEP - offset);
  }
}

/** Writes the first row of panels: a bias, or zeros without one. */
export function packBias(panels: usize, panelBytes: usize, bias: usize, columns: i32): void {
  if (bias) {
    packPanels(panels, panelBytes, bias, 0, 1, columns);
    return;
  }
  for (let column = 0; column < columns; column += TILE_COLUMNS, panels += panelBytes) {
    v128.store(panels, f32x4.splat(0));
    v128.store(panels, f32x4.splat(0), 16);
  }
}
