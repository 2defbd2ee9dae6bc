/** Intersection over union of boxes in table columns, in the arithmetic of each protocol. */

/**
 * IoU of boxes that cover the pixels xmin..xmax: widths are xmax − xmin + 1. Computed from the
 * corners (x + 1, x + width), like the devkit, to get the same rounding.
 */
export function devkitIou(a: Float64Array, rowA: number, b: Float64Array, rowB: number): number {
  const i = rowA * 4;
  const j = rowB * 4;
  const [axMin, ayMin, axMax, ayMax] = [
    a[i] + 1,
    a[i + 1] + 1,
    a[i] + a[i + 2],
    a[i + 1] + a[i + 3],
  ];
  const [bxMin, byMin, bxMax, byMax] = [
    b[j] + 1,
    b[j + 1] + 1,
    b[j] + b[j + 2],
    b[j + 1] + b[j + 3],
  ];
  const width = Math.min(axMax, bxMax) - Math.max(axMin, bxMin) + 1;
  const height = Math.min(ayMax, byMax) - Math.max(ayMin, byMin) + 1;
  if (!(width > 0 && height > 0)) return 0;
  const intersection = width * height;
  const areaA = (axMax - axMin + 1) * (ayMax - ayMin + 1);
  const areaB = (bxMax - bxMin + 1) * (byMax - byMin + 1);
  return intersection / (areaB + areaA - intersection);
}

/** IoU; for a crowd region, the share of the detection that is inside it. */
export function cocoIou(
  detections: Float64Array,
  row: number,
  truth: Float64Array,
  truthRow: number,
  crowd: boolean,
): number {
  const d = row * 4;
  const g = truthRow * 4;
  const [dx, dy, dw, dh] = [detections[d], detections[d + 1], detections[d + 2], detections[d + 3]];
  const [gx, gy, gw, gh] = [truth[g], truth[g + 1], truth[g + 2], truth[g + 3]];
  const width = Math.min(dw + dx, gw + gx) - Math.max(dx, gx);
  const height = Math.min(dh + dy, gh + gy) - Math.max(dy, gy);
  if (!(width > 0 && height > 0)) return 0;
  const intersection = width * height;
  return intersection / (crowd ? dw * dh : dw * dh + gw * gh - intersection);
}
