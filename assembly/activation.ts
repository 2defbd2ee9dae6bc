/** Backward pass through a rectifier and a bias at once. */

/**
 * Masks a gradient where the rectifier cut its input off, and sums the rest over the rows.
 *
 * @param dy,y [rows, channels] gradient and value of the output
 * @param high upper limit of the rectifier (6), or infinity; the lower limit is always 0
 * @param masked output [rows, channels]; neither dy nor y
 * @param sums output [channels]: the gradient of the bias
 */
export function rectifierGradient(
  dy: usize,
  y: usize,
  high: f32,
  masked: usize,
  sums: usize,
  rows: i32,
  channels: i32,
): void {
  const rowBytes = (<usize>channels) << 2;
  const zero = f32x4.splat(0);
  const limit = f32x4.splat(high);
  memory.fill(sums, 0, rowBytes);
  for (let row = 0; row < rows; row++, dy += rowBytes, y += rowBytes, masked += rowBytes) {
    let at: usize = 0;
    for (; at + 16 <= rowBytes; at += 16) {
      const value = v128.load(y + at);
      const passes = v128.and(f32x4.gt(value, zero), f32x4.lt(value, limit));
      const gradient = v128.and(v128.load(dy + at), passes);
      v128.store(masked + at, gradient);
      v128.store(sums + at, f32x4.add(v128.load(sums + at), gradient));
    }
    for (; at < rowBytes; at += 4) {
      const value = load<f32>(y + at);
      const gradient = value > 0 && value < high ? load<f32>(dy + at) : 0;
      store<f32>(masked + at, gradient);
      store<f32>(sums + at, load<f32>(sums + at) + gradient);
    }
  }
}

/** Sums the rows of a [rows, channels] matrix. */
export function sumRows(matrix: usize, sums: usize, rows: i32, channels: i32): void {
  const rowBytes = (<usize>channels) << 2;
  memory.fill(sums, 0, rowBytes);
  for (let row = 0; row < rows; row++, matrix += rowBytes) {
    let at: usize = 0;
    for (; at + 16 <= rowBytes; at += 16) {
      v128.store(sums + at, f32x4.add(v128.load(sums + at), v128.load(matrix + at)));
    }
    for (; at < rowBytes; at += 4) {
      store<f32>(sums + at, load<f32>(sums + at) + load<f32>(matrix + at));
    }
  }
}
