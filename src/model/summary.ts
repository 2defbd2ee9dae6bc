/** Counts parameters, multiply-accumulates and anchors of a graph at an input size. */
import {
  channelsByLayer,
  type FeatureShape,
  type Graph,
  inferShapes,
  type Layer,
  layerInputs,
  layerOf,
  parameterShapes,
} from './graph.ts';

/** One row of the table of layers. */
export interface LayerSummary {
  name: string;
  op: Layer['op'];
  /** [height, width, channels] */
  shape: FeatureShape;
  parameters: number;
  /** Multiply-accumulates of convolutions; other operations count none. */
  macs: number;
}

/** Size and cost of a network. */
export interface ModelSummary {
  layers: LayerSummary[];
  parameters: number;
  macs: number;
  /** Per level, shallowest first. */
  anchorsPerLevel: number[];
  anchors: number;
}

export function summarize(graph: Graph, height: number, width: number): ModelSummary {
  const shapes = inferShapes(graph, height, width);
  const channels = channelsByLayer(graph);
  const parameters = new Map<string, number>();
  for (const [name, shape] of parameterShapes(graph)) {
    const layer = layerOf(name);
    parameters.set(layer, (parameters.get(layer) ?? 0) + shape.reduce((a, b) => a * b, 1));
  }
  const layers = graph.layers.map((layer) => {
    const shape = shapes.get(layer.name)!;
    const inputChannels = channels.get(layerInputs(layer)[0]) ?? 0;
    return {
      name: layer.name,
      op: layer.op,
      shape,
      parameters: parameters.get(layer.name) ?? 0,
      macs: layerMacs(layer, shape, inputChannels),
    };
  });
  const anchorsPerLevel = levelShapes(graph, height, width).map(
    ([h, w]) => h * w * graph.anchorsPerCell,
  );
  return {
    layers,
    parameters: sum(layers.map((layer) => layer.parameters)),
    macs: sum(layers.map((layer) => layer.macs)),
    anchorsPerLevel,
    anchors: sum(anchorsPerLevel),
  };
}

/** [height, width] of the maps that carry heads, shallowest first. */
export function levelShapes(graph: Graph, height: number, width: number): [number, number][] {
  const shapes = inferShapes(graph, height, width);
  return graph.heads.armLoc.map((name) => {
    const [h, w] = shapes.get(name)!;
    return [h, w];
  });
}

function layerMacs(layer: Layer, [h, w, c]: FeatureShape, inputChannels: number): number {
  switch (layer.op) {
    case 'conv':
      return h * w * c * layer.kernel ** 2 * inputChannels;
    case 'depthwise':
      return h * w * c * layer.kernel ** 2;
    case 'deconv':
      // Windows of a 2×2 stride-2 deconvolution do not overlap: one tap per output pixel.
      return h * w * c * inputChannels;
    default:
      return 0;
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}
