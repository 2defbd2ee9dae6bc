/** Rearranges channels to 2×2 blocks of pixels and back: the second half of a 2×2 deconvolution. */

/**
 * [batch, height, width, 4 · channels] → [batch, 2 · height, 2 · width, channels]; the channels of the
 * input are ordered (row, column) in the block, then channel. `inverse` does the opposite.
 *
 * @param wide the map with 4 · channels
 * @param high the map with 2×2 pixels for each of them
 * @param from,to rows of the wide map, of batch · height
 */
function rearrange(
  wide: usize,
  high: usize,
  width: i32,
  channels: i32,
  from: i32,
  to: i32,
  inverse: bool,
): void {
  // The two pixels of a block's row are neighbors in both maps.
  const pairBytes = (<usize>channels) << 3;
  const lineBytes = <usize>width * pairBytes;
  wide += <usize>from * 2 * lineBytes;
  high += <usize>from * 2 * lineBytes;
  for (let row = from; row < to; row++, high += 2 * lineBytes) {
    let pair = high;
    for (let x = 0; x < width; x++, pair += pairBytes, wide += 2 * pairBytes) {
      if (inverse) {
        memory.copy(wide, pair, pairBytes);
        memory.copy(wide + pairBytes, pair + lineBytes, pairBytes);
      } else {
        memory.copy(pair, wide, pairBytes);
        memory.copy(pair + lineBytes, wide + pairBytes, pairBytes);
      }
    }
  }
}

export function depthToSpace(
  wide: usize,
  high: usize,
  width: i32,
  channels: i32,
  from: i32,
  to: i32,
): void {
  rearrange(wide, high, width, channels, from, to, false);
}

export function spaceToDepth(wide: usize, high: usize, rows: i32, width: i32, channels: i32): void {
  rearrange(wide, high, width, channels, 0, rows, true);
}
