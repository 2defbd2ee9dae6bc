/** The anchors of a model at an input size. */
import { anchorGrid } from '../anchors.ts';
import type { Size } from '../detection/views.ts';
import type { AnchorGrid } from '../kernels/postprocess.ts';
import { checkInputSize, type InputSize, withInputSize } from '../model/input-size.ts';
import type { Architecture } from '../model/model.ts';
import { levelShapes } from '../model/summary.ts';

export function modelAnchors({ graph, config }: Architecture, { width, height }: Size): AnchorGrid {
  return {
    levels: levelShapes(graph, height, width),
    inputHeight: height,
    inputWidth: width,
    options: config.anchors,
  };
}

/**
 * Returns the anchors of a model.
 * @param inputSize default: the model's
 * @returns [N, 4] cx, cy, w, h, normalized
 * @throws INVALID_OPTION
 */
export function anchorsOf(model: Architecture, inputSize?: InputSize): Float32Array {
  checkInputSize(inputSize);
  const { inputWidth: width, inputHeight: height } = withInputSize(model, inputSize).config;
  const { levels, options } = modelAnchors(model, { width, height });
  return anchorGrid(levels, height, width, options);
}
