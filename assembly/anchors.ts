/** Anchor grid (paper section 3.3; src/anchors.ts holds the definition). */

/**
 * Writes the anchors of one level: [rows, columns, anchorsPerCell, 4] as (cx, cy, w, h), normalized.
 * Computed in f64 and rounded once, so that the result equals the TypeScript definition bit for bit.
 *
 * @param anchors output, rows · columns · anchorsPerCell · 4 floats
 * @param shapes the (w, h) of every anchor of a cell, normalized: [anchorsPerCell, 2] f64
 * @param stepX,stepY distance between centers, normalized (stride / input size)
 * @param clip 1 limits all four numbers to [0, 1]
 * @returns the address after the last anchor
 */
export function anchorLevel(
  anchors: usize,
  shapes: usize,
  anchorsPerCell: i32,
  rows: i32,
  columns: i32,
  stepX: f64,
  stepY: f64,
  clip: i32,
): usize {
  const limit = clip ? 1.0 : f64.MAX_VALUE;
  for (let y = 0; y < rows; y++) {
    const cy = <f32>min((<f64>y + 0.5) * stepY, limit);
    for (let x = 0; x < columns; x++) {
      const cx = <f32>min((<f64>x + 0.5) * stepX, limit);
      for (let a = 0; a < anchorsPerCell; a++, anchors += 16) {
        const shape = shapes + (a << 4);
        store<f32>(anchors, cx);
        store<f32>(anchors, cy, 4);
        store<f32>(anchors, <f32>min(load<f64>(shape), limit), 8);
        store<f32>(anchors, <f32>min(load<f64>(shape, 8), limit), 12);
      }
    }
  }
  return anchors;
}
