/** Packs quantized convolutions as assembly/byte-gemm.ts reads them. */
import type { QuantizedConv } from './quantize-conv.ts';

/** Columns of a panel. */
const COLUMNS = 8;
/** 32-bit words of a panel's head, and 16-bit numbers before the multipliers. */
const HEAD_WORDS = 16;
const MULTIPLIERS = 16;
const RESIDUAL_MULTIPLIERS = 24;

/**
 * Packs weights and the head of every panel: starts, and multipliers for bytes or steps for floats.
 * @param piece numbers of a patch that are read as one piece: it is padded to an even number
 */
export function packPanels(conv: QuantizedConv, piece: number, isFloat: boolean): Int32Array {
  const filters = conv.starts.length;
  const depth = conv.weights.length / filters;
  const pairs = (depth / piece) * Math.ceil(piece / 2);
  const panelWords = HEAD_WORDS + pairs * COLUMNS;
  const panels = Math.ceil(filters / COLUMNS);
  const packed = new Int32Array(panels * panelWords);
  const words = new Int16Array(packed.buffer);
  const floats = new Float32Array(packed.buffer);
  for (let n = 0; n < filters; n++) {
    const column = n % COLUMNS;
    const head = Math.floor(n / COLUMNS) * panelWords;
    packed[head + column] = conv.starts[n];
    if (isFloat) {
      floats[head + COLUMNS + column] = conv.steps[n];
    } else {
      words[2 * head + MULTIPLIERS + column] = conv.multipliers[n];
      words[2 * head + RESIDUAL_MULTIPLIERS + column] = conv.residualMultipliers[n];
    }
    let at = 2 * (head + HEAD_WORDS + column);
    for (let k = 0; k < depth; k += piece, at += 2 * COLUMNS * Math.ceil(piece / 2)) {
      for (let i = 0; i < piece; i++) {
        words[at + (i >> 1) * 2 * COLUMNS + (i & 1)] = conv.weights[(k + i) * filters + n];
      }
    }
  }
  return packed;
}

/** Channels up to which a line of the filter is one piece: FEW_CHANNELS in assembly/patches.ts. */
const FEW_CHANNELS = 4;

/** Returns the numbers of one piece of a patch. */
export function pieceSize(channels: number, kernel: number, dilation: number): number {
  return dilation === 1 && channels <= FEW_CHANNELS ? kernel * channels : channels;
}
