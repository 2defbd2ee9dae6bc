/** The anchors of a model at an input size. */

import type { Size } from '../detection/views.ts';
import type { AnchorGrid } from '../kernels/postprocess.ts';
import type { Model } from '../model/model.ts';
import { levelShapes } from '../model/summary.ts';

export function modelAnchors({ graph, config }: Model, { width, height }: Size): AnchorGrid {
  return {
    levels: levelShapes(graph, height, width),
    inputHeight: height,
    inputWidth: width,
    options: config.anchors,
  };
}
