/**
 * Convolution, depthwise 3×3 convolution and 1×1 convolution, one after the other, a few lines at a
 * time: the maps between them, often the largest of a network, stay in the cache. The results equal
 * those of the single layers bit for bit.
 */
import { convolve, convolveScratch } from './conv';
import { DepthwiseShape, depthwise, KERNEL } from './depthwise';
import { ConvShape } from './patches';

/** Addresses of three shapes and of the tensors, and limits of the three results. */
@unmanaged
class Chain {
  first: ConvShape;
  depthwise: DepthwiseShape;
  last: ConvShape;
  x: usize;
  /** Packed as for {@link convolve}. */
  firstFilter: usize;
  /** [3, 3, channels] and [channels] */
  depthwiseFilter: usize;
  depthwiseBias: usize;
  lastFilter: usize;
  y: usize;
  /** 0, or a map of the output's shape. */
  residual: usize;
  firstLow: f32;
  firstHigh: f32;
  depthwiseLow: f32;
  depthwiseHigh: f32;
  lastLow: f32;
  lastHigh: f32;
}

/** Bytes for the lines between the layers: a part of the second-level cache. */
const STRIP_BYTES = 1 << 19;

/** Bytes of a line of the first and of the depthwise convolution's output. */
function lineBytes(s: DepthwiseShape, width: i32): usize {
  return (<usize>(width * s.channels)) << 2;
}

/** Lines of the first map under `count` lines of the depthwise convolution's output. */
function linesUnder(s: DepthwiseShape, count: i32): i32 {
  return (count - 1) * s.stride + KERNEL;
}

/** Number of lines of the output that are computed together. */
function stripLines(s: DepthwiseShape): i32 {
  const wide = lineBytes(s, s.width);
  const perLine = <usize>s.stride * wide + lineBytes(s, s.outWidth);
  const fixed = <usize>KERNEL * wide;
  const fit = fixed < <usize>STRIP_BYTES ? (<usize>STRIP_BYTES - fixed) / perLine : 0;
  return max(1, min(s.outHeight, <i32>fit));
}

/** Scratch bytes that {@link chain} needs. */
export function chainScratch(c: Chain): usize {
  const s = c.depthwise;
  const lines = stripLines(s);
  const wide = <usize>linesUnder(s, lines) * lineBytes(s, s.width);
  const narrow = <usize>lines * lineBytes(s, s.outWidth);
  return max(convolveScratch(c.first), convolveScratch(c.last)) + wide + narrow;
}

/**
 * Computes some lines of the output. A value does not depend on the other lines of the call.
 *
 * @param from,to lines, of batch · outHeight
 */
export function chain(c: Chain, from: i32, to: i32, scratch: usize): void {
  const s = c.depthwise;
  const wideBytes = lineBytes(s, s.width);
  const narrowBytes = lineBytes(s, s.outWidth);
  const strip = stripLines(s);
  const wide = scratch + max(convolveScratch(c.first), convolveScratch(c.last));
  const narrow = wide + <usize>linesUnder(s, strip) * wideBytes;
  // Lines [top, bottom) of the first map, of batch · height, are in `wide`.
  let top = 0;
  let bottom = 0;
  for (let line = from, end = from; line < to; line = end) {
    const image = line / s.outHeight;
    const outY = line - image * s.outHeight;
    end = min(min(line + strip, to), (image + 1) * s.outHeight);
    const window = outY * s.stride - s.padTop;
    const newTop = image * s.height + max(0, window);
    const newBottom = image * s.height + min(s.height, window + linesUnder(s, end - line));
    const kept = max(0, bottom - newTop);
    if (kept > 0) {
      memory.copy(wide, wide + <usize>(newTop - top) * wideBytes, <usize>kept * wideBytes);
    }
    top = newTop;
    bottom = newBottom;

    // Each layer receives the address at which its whole map would begin.
    const wideMap = wide - <usize>top * wideBytes;
    const narrowMap = narrow - <usize>line * narrowBytes;
    convolve(
      c.first,
      c.x,
      c.firstFilter,
      wideMap,
      0,
      c.firstLow,
      c.firstHigh,
      false,
      (top + kept) * s.width,
      bottom * s.width,
      scratch,
    );
    depthwise(
      s,
      wideMap,
      c.depthwiseFilter,
      narrowMap,
      c.depthwiseBias,
      0,
      c.depthwiseLow,
      c.depthwiseHigh,
      line,
      end,
    );
    convolve(
      c.last,
      narrowMap,
      c.lastFilter,
      c.y,
      c.residual,
      c.lastLow,
      c.lastHigh,
      false,
      line * s.outWidth,
      end * s.outWidth,
      scratch,
    );
  }
}
