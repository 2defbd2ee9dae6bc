/** Writes a whole network as ONNX operators: NHWC at the edges, NCHW in between. */
import { HEAD_NAMES, type HeadName, headWidths } from '../../heads.ts';
import { type Graph, inferShapes, layerInputs, type Weights } from '../../model/graph.ts';
import type { GraphWriter } from './graph-writer.ts';
import { writeLayer } from './layers.ts';

/** Name of the network's input. */
export const INPUT_NAME = 'image';

const TO_NCHW = [0, 3, 1, 2];
const TO_NHWC = [0, 2, 3, 1];

/** An output [batch, N, width]. */
export interface HeadOutput {
  name: HeadName;
  width: number;
}

/**
 * @param graph without batch normalization
 * @returns the outputs, in the order in which they are documented
 */
export function writeNetwork(
  writer: GraphWriter,
  graph: Graph,
  weights: Weights,
  height: number,
  width: number,
): HeadOutput[] {
  const [input, ...layers] = graph.layers;
  writer.node('Transpose', [INPUT_NAME], input.name, { perm: TO_NCHW });
  const shapes = inferShapes(graph, height, width);
  for (const layer of layers) {
    const [source] = layerInputs(layer);
    const layerShapes = { input: shapes.get(source)!, output: shapes.get(layer.name)! };
    writeLayer(writer, layer, weights, layerShapes);
  }
  const widths = headWidths(graph.numClasses);
  const outputs = HEAD_NAMES.map((name) => ({ name, width: widths[name] }));
  for (const { name, width } of outputs) writeHead(writer, name, graph.heads[name], width);
  return outputs;
}

/** Joins all levels in one table of anchors: [batch, A·width, h, w] each → [batch, N, width]. */
function writeHead(
  writer: GraphWriter,
  name: string,
  levels: readonly string[],
  width: number,
): void {
  // 0 keeps the number of images, -1 is what remains.
  const shape = writer.integers(`${name}.shape`, [0, -1, width]);
  const tables = levels.map((level) => {
    const map = writer.node('Transpose', [level], `${level}.nhwc`, { perm: TO_NHWC });
    return writer.node('Reshape', [map, shape], `${level}.table`);
  });
  writer.node('Concat', tables, name, { axis: 1 });
}
