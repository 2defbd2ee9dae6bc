/** Reads the patches under a convolution's filter from a map, without a copy of all patches. */
import { STRIP_STEP, TILE_ROWS } from './gemm';
import { interleave } from './pack';

/** A convolution from [batch, height, width, channels] to [batch, outHeight, outWidth, filters]. */
@unmanaged
export class ConvShape {
  batch: i32;
  height: i32;
  width: i32;
  channels: i32;
  outHeight: i32;
  outWidth: i32;
  filters: i32;
  kernelHeight: i32;
  kernelWidth: i32;
  stride: i32;
  dilation: i32;
  padTop: i32;
  padLeft: i32;
}

/** Maximum number of output pixels whose patches are packed at a time. */
export const MAX_BLOCK_ROWS = 256;
/** Scratch for the addresses of one block. */
export const ADDRESS_BYTES: usize = 4 * MAX_BLOCK_ROWS;

/** Number of values under the filter: rows of the filter matrix. */
export function patchSize(s: ConvShape): i32 {
  return s.kernelHeight * s.kernelWidth * s.channels;
}

/** Returns whether each patch is one pixel of the map. */
export function isPointwise(s: ConvShape): bool {
  const isPlain = s.kernelHeight == 1 && s.kernelWidth == 1 && s.stride == 1;
  return isPlain && s.padTop == 0 && s.padLeft == 0;
}

/** Maps with at most this many channels (images) are read line by line of the filter. */
const FEW_CHANNELS = 4;

/** Number of neighboring pixels that are read as one piece: a line of the filter, or a single pixel. */
export function pieceWidth(s: ConvShape): i32 {
  return s.dilation == 1 && s.channels <= FEW_CHANNELS ? s.kernelWidth : 1;
}

/** Scratch bytes that replace pixels outside of the map. */
export function outsideBytes(s: ConvShape): usize {
  const width = pieceWidth(s);
  const pieces = width > 1 ? MAX_BLOCK_ROWS : 1;
  return (<usize>(pieces * width * s.channels * 4) + 15) & ~15;
}

/**
 * Lists the addresses of one piece of the filter's window for `count` output pixels from `row` on.
 *
 * @param pixelBytes bytes of a pixel of the map
 * @param piece counts along the lines of the filter
 * @param width pixels of a piece
 * @param outside memory that replaces single pixels outside of the map; longer pieces across the border
 *   are copied into it
 */
export function locate(
  s: ConvShape,
  map: usize,
  pixelBytes: usize,
  piece: i32,
  width: i32,
  row: i32,
  count: i32,
  outside: usize,
  addresses: usize,
): void {
  const lineBytes = <usize>s.width * pixelBytes;
  const piecesPerLine = s.kernelWidth / width;
  const top = (piece / piecesPerLine) * s.dilation - s.padTop;
  const left = (piece % piecesPerLine) * s.dilation - s.padLeft;
  let outX = row % s.outWidth;
  let outY = (row / s.outWidth) % s.outHeight;
  let image = map + <usize>(row / (s.outWidth * s.outHeight)) * <usize>s.height * lineBytes;
  for (const end = addresses + ((<usize>count) << 2); addresses < end; addresses += 4) {
    const y = outY * s.stride + top;
    const x = outX * s.stride + left;
    const line = image + <usize>y * lineBytes;
    const isInLine = <u32>y < <u32>s.height;
    if (isInLine && x >= 0 && x + width <= s.width) {
      store<usize>(addresses, line + <usize>x * pixelBytes);
    } else {
      store<usize>(addresses, outside);
      if (width > 1) {
        copyAcrossBorder(outside, isInLine ? line : 0, x, width, s.width, pixelBytes);
        outside += <usize>width * pixelBytes;
      }
    }
    if (++outX < s.outWidth) continue;
    outX = 0;
    if (++outY < s.outHeight) continue;
    outY = 0;
    image += <usize>s.height * lineBytes;
  }
}

/** Copies the pixels [x, x + width) of a line; missing pixels become zeros. */
function copyAcrossBorder(
  target: usize,
  line: usize,
  x: i32,
  width: i32,
  lineWidth: i32,
  pixelBytes: usize,
): void {
  memory.fill(target, 0, <usize>width * pixelBytes);
  if (!line) return;
  const first = max(0, -x);
  const last = min(width, lineWidth - x);
  if (first >= last) return;
  const source = line + <usize>(x + first) * pixelBytes;
  memory.copy(target + <usize>first * pixelBytes, source, <usize>(last - first) * pixelBytes);
}

/**
 * Packs the values [from, to) of the patches of `count` output pixels into strips of four patches.
 *
 * @param outside {@link outsideBytes} of zeros
 */
export function packPatches(
  s: ConvShape,
  map: usize,
  row: i32,
  count: i32,
  from: i32,
  to: i32,
  outside: usize,
  addresses: usize,
  strips: usize,
): void {
  const stripBytes = <usize>(to - from) * STRIP_STEP;
  const width = pieceWidth(s);
  const pixelBytes = (<usize>s.channels) << 2;
  const pieceSize = width * s.channels;
  let first = from % pieceSize;
  for (let k = from; k < to; first = 0) {
    const length = min(pieceSize - first, to - k);
    locate(s, map, pixelBytes, k / pieceSize, width, row, count, outside, addresses);
    const target = strips + <usize>(k - from) * STRIP_STEP;
    packStrips(addresses, count, first, length, target, stripBytes);
    k += length;
  }
}

/** Packs `length` floats from column `from` on of the `count` rows at the given addresses. */
export function packStrips(
  addresses: usize,
  count: i32,
  from: i32,
  length: i32,
  strips: usize,
  stripBytes: usize,
): void {
  const offset = (<usize>from) << 2;
  for (let i = 0; i < count; i += TILE_ROWS, addresses += 4 * TILE_ROWS, strips += stripBytes) {
    // Rows past the last one repeat it; their results are not stored.
    const last = (<usize>(count - i - 1)) << 2;
    interleave(
      strips,
      STRIP_STEP,
      load<usize>(addresses) + offset,
      load<usize>(addresses + min<usize>(4, last)) + offset,
      load<usize>(addresses + min<usize>(8, last)) + offset,
      load<usize>(addresses + min<usize>(12, last)) + offset,
      length,
    );
  }
}

/**
 * Packs the transpose of {@link packPatches}: a strip holds four values of every patch.
 *
 * @param from a multiple of four
 */
export function packPatchColumns(
  s: ConvShape,
  map: usize,
  row: i32,
  count: i32,
  from: i32,
  to: i32,
  outside: usize,
  addresses: usize,
  strips: usize,
): void {
  const width = pieceWidth(s);
  const pixelBytes = (<usize>s.channels) << 2;
  const pieceSize = width * s.channels;
  let first = from % pieceSize;
  for (let k = from; k < to; first = 0) {
    const length = min(pieceSize - first, to - k);
    locate(s, map, pixelBytes, k / pieceSize, width, row, count, outside, addresses);
    packColumns(addresses, count, first, length, k - from, strips);
    k += length;
  }
}

/** Packs `length` floats from column `column` on, as the values from `k` on of the strips. */
function packColumns(
  addresses: usize,
  count: i32,
  column: i32,
  length: i32,
  k: i32,
  strips: usize,
): void {
  const stripBytes = <usize>count * STRIP_STEP;
  const end = addresses + ((<usize>count) << 2);
  while (length > 0) {
    let target = strips + <usize>(k >> 2) * stripBytes + ((<usize>(k & 3)) << 2);
    const offset = (<usize>column) << 2;
    let step = 1;
    if ((k & 3) == 0 && length >= 16) {
      // A cache line at a time.
      step = 16;
      const target2 = target + stripBytes * 2;
      for (let at = addresses, to: usize = 0; at < end; at += 4, to += STRIP_STEP) {
        const from = load<usize>(at) + offset;
        v128.store(target + to, v128.load(from));
        v128.store(target + to + stripBytes, v128.load(from, 16));
        v128.store(target2 + to, v128.load(from, 32));
        v128.store(target2 + to + stripBytes, v128.load(from, 48));
      }
    } else if ((k & 3) == 0 && length >= 4) {
      step = 4;
      for (let at = addresses; at < end; at += 4, target += STRIP_STEP) {
        v128.store(target, v128.load(load<usize>(at) + offset));
      }
    } else {
      for (let at = addresses; at < end; at += 4, target += STRIP_STEP) {
        store<f32>(target, load<f32>(load<usize>(at) + offset));
      }
    }
    k += step;
    column += step;
    length -= step;
  }
}
