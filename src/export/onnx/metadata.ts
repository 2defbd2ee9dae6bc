/** Metadata with which programs without this package prepare images and decode the heads. */
import type { ModelConfig } from '../../model/model.ts';
import { decodingOf } from '../../model/presets.ts';

/** Marks files of this package. */
export const ONNX_FORMAT = 'refinedet';

/** Scales of the offsets (paper §3, after SSD): of the center, in anchor sizes, and of the log size. */
const VARIANCES = [0.1, 0.1, 0.2, 0.2];

const INPUT =
  '[batch, height, width, 3]: (pixel - mean) / std, pixels 0..255 in channelOrder, the image ' +
  'stretched to the input size (bilinear, half-pixel centers, no antialiasing)';

const OUTPUTS =
  'armLoc [batch, N, 4], armConf [batch, N, 2] (background, object), odmLoc [batch, N, 4], odmConf ' +
  '[batch, N, classes + 1] (background first); logits, N anchors by level, row, column, ratio';

const ANCHORS =
  'of (row, column) of a level: cx = (column + 0.5) * stride, cy = (row + 0.5) * stride, ' +
  'w = size * sqrt(ratio), h = size / sqrt(ratio) in input pixels, divided by the input width and ' +
  'height; if clip, limited to 0..1';

const BOXES =
  'offsets t on an anchor: cx += t0 * v0 * w, cy += t1 * v1 * h, w *= exp(t2 * v2), ' +
  'h *= exp(t3 * v3), v = variances; armLoc refines the anchors, odmLoc the refined anchors; ' +
  'corners (cx - w/2, cy - h/2, cx + w/2, cy + h/2) are shares of the image';

/**
 * Builds the metadata: the fields of the configuration and a few more. Strings are stored as they are,
 * everything else as JSON.
 * @param levels [rows, columns] of the maps with heads, shallowest first
 */
export function onnxMetadata(
  config: ModelConfig,
  levels: readonly (readonly [number, number])[],
): Record<string, string> {
  const fields = { ...config, decoding: decodingOf(config), levels, variances: VARIANCES };
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  const text = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));
  return {
    format: ONNX_FORMAT,
    ...Object.fromEntries(entries.map(([name, value]) => [name, text(value)])),
    aboutInput: INPUT,
    aboutOutputs: OUTPUTS,
    aboutAnchors: ANCHORS,
    aboutBoxes: BOXES,
  };
}
