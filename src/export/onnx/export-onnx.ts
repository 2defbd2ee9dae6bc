/** Writes a model as an ONNX file, which other runtimes run. */
import { RefineDetError } from '../../errors.ts';
import { foldBatchNorm } from '../../model/fold.ts';
import type { WeightTensor } from '../../model/graph.ts';
import {
  checkInputSize,
  INPUT_SIZE,
  type InputSize,
  withInputSize,
} from '../../model/input-size.ts';
import type { Model } from '../../model/model.ts';
import { levelShapes, summarize } from '../../model/summary.ts';
import { checkGiven, checkObject, FLAG, oneOf, type Rule } from '../../option-checks.ts';
import { checkModel, requireRange } from '../../weights/check-model.ts';
import { encodeMessage, messageLength } from '../../weights/protobuf-writer.ts';
import { GraphWriter } from './graph-writer.ts';
import { type Dimension, modelProto, valueInfo } from './messages.ts';
import { onnxMetadata } from './metadata.ts';
import { INPUT_NAME, writeNetwork } from './onnx-network.ts';

/** Options of {@link exportOnnx}. */
export interface OnnxOptions {
  /** Network input instead of the model's: a side or `{ width, height }`, multiples of 64. */
  inputSize?: InputSize;
  /** Leave the number of images open; otherwise it is 1. Default false. */
  dynamicBatch?: boolean;
  /**
   * How the weights of convolutions are stored: `f32` (default), or `f16`, half the size. The network
   * computes in float32 either way.
   */
  dtype?: 'f32' | 'f16';
}

/** Operators as of ONNX 1.12, and the file format that came with them. */
export const ONNX_OPSET = 17;
const VERSIONS = { ir: 8, opset: ONNX_OPSET };

/** Protobuf readers accept no larger message. */
const MAX_FILE_BYTES = 2 ** 31 - 1;

const RULES: Record<keyof OnnxOptions, Rule> = {
  inputSize: INPUT_SIZE,
  dynamicBatch: FLAG,
  dtype: oneOf(['f32', 'f16']),
};

/**
 * Encodes a model for other runtimes: input `image` [1, height, width, 3], normalized like the
 * network's own; outputs `armLoc` [1, N, 4], `armConf` [1, N, 2], `odmLoc` [1, N, 4] and `odmConf`
 * [1, N, K + 1], which `postprocess` takes. The metadata says how to prepare images and decode boxes.
 * @throws INVALID_OPTION, MODEL_METADATA, WEIGHTS_MISMATCH, MODEL_TOO_LARGE; INVALID_ARGUMENT for
 *   weights that are not finite, or too large for float16
 */
export function exportOnnx(model: Model, options: OnnxOptions = {}): Uint8Array {
  checkGiven('', checkObject('options', options), RULES);
  checkInputSize(options.inputSize);
  const config = checkModel(withInputSize(model, options.inputSize));
  const { graph, weights } = foldBatchNorm(model.graph, model.weights);
  const { inputHeight, inputWidth } = config;
  const writer = new GraphWriter(options.dtype === 'f16');
  const outputs = writeNetwork(writer, graph, weights, inputHeight, inputWidth);
  const { anchors } = summarize(graph, inputHeight, inputWidth);
  const batch: Dimension = options.dynamicBatch ? 'batch' : 1;
  const message = modelProto(
    {
      name: config.preset,
      nodes: writer.nodes,
      initializers: writer.initializers,
      inputs: [valueInfo(INPUT_NAME, [batch, inputHeight, inputWidth, 3])],
      outputs: outputs.map(({ name, width }) => valueInfo(name, [batch, anchors, width])),
    },
    VERSIONS,
    onnxMetadata(config, levelShapes(graph, inputHeight, inputWidth)),
  );
  requireFileSize(messageLength(message));
  for (const [name, tensor] of weights) requireRange(name, tensor, storedType(tensor, options));
  return encodeMessage(message);
}

/** Checks the size before anything large is allocated. */
function requireFileSize(bytes: number): void {
  if (bytes <= MAX_FILE_BYTES) return;
  throw new RefineDetError(
    'MODEL_TOO_LARGE',
    `the ONNX file would have ${(bytes / 2 ** 30).toFixed(1)} GiB; an ONNX file can have 2 GiB`,
  );
}

/** Type in which a tensor is stored; vectors stay float32. */
function storedType({ shape }: WeightTensor, { dtype }: OnnxOptions): string {
  return dtype === 'f16' && shape.length > 1 ? 'F16' : 'F32';
}
