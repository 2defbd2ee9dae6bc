/**
 * The package's own model file: safetensors with everything in it that a detector needs.
 *
 * Metadata: `format` = "refinedet", `formatVersion`, `config` (a {@link ModelConfig} as JSON) and
 * `checksum` ("sha256:" and the digest of all tensor bytes). Tensors are named by graph layer;
 * batch normalization may be folded or not. In the reduced types only kernels are reduced; vectors
 * (biases, normalization) stay float32, small kernels of an int8 file are float16, and an int8 kernel `x`
 * has its scales in `x.scale`. A calibrated model has the tensors of quantization-tensors.ts too.
 */
import { RefineDetError } from '../errors.ts';
import { parseJson } from '../json.ts';
import { withoutBatchNorm } from '../model/fold.ts';
import { BATCH_NORM_TENSORS, type Graph, type Weights, type WeightTensor } from '../model/graph.ts';
import { weightGrid } from '../model/int8/weight-grid.ts';
import type { Model } from '../model/model.ts';
import { presetGraph } from '../model/presets.ts';
import { checkValue, oneOf } from '../option-checks.ts';
import { quote, requireBytes } from './byte-reader.ts';
import { checkModel, describeModel, requireRange } from './check-model.ts';
import { encodeFloat16, roundToFloat16 } from './half.ts';
import { matchTensors, openWeights, readWeights, requireComplete } from './import.ts';
import { NATIVE } from './importers/native.ts';
import { parseModelConfig } from './model-config.ts';
import { quantizationTensors, readQuantization } from './quantization-tensors.ts';
import { channelScales, outputChannels, quantize, SCALE_SUFFIX } from './quantize.ts';
import {
  encodeHeader,
  isSafetensors,
  readSafetensors,
  type Safetensors,
  type TensorWriter,
  writeSafetensors,
} from './safetensors.ts';
import { safetensorsSource } from './tensor-file.ts';
import type { SourceTensors } from './weight-source.ts';

const FORMAT_NAME = 'refinedet';
const FORMAT_VERSION = '1';
const CHECKSUM_PREFIX = 'sha256:';
const DIGEST_BYTES = 32;

/** How kernels are stored. */
export type StorageType = 'f32' | 'f16' | 'int8';

/** Whether the bytes are a model file of this package. */
export function isModelFile(bytes: Uint8Array): boolean {
  if (!isSafetensors(bytes)) return false;
  return readSafetensors(bytes).metadata.get('format') === FORMAT_NAME;
}

/**
 * Reads a model file. The weights are copies, so the bytes may be dropped or reused.
 * @throws MODEL_EMPTY, MODEL_FORMAT, MODEL_CORRUPT, MODEL_METADATA, MODEL_CHECKSUM, WEIGHTS_MISMATCH
 */
export async function readModel(bytes: Uint8Array): Promise<Model> {
  return withWeights(bytes, readWeights);
}

/**
 * Opens a model file whose bytes nobody changes. The weights are restored from them at each access, so that the
 * floats of one layer are in memory at a time, not those of all.
 * @throws as {@link readModel}
 */
export async function openModel(bytes: Uint8Array): Promise<Model> {
  return withWeights(bytes, openWeights);
}

/** @param weightsOf how the tensors become weights */
async function withWeights(
  bytes: Uint8Array,
  weightsOf: (tensors: SourceTensors) => Weights,
): Promise<Model> {
  requireBytes(bytes);
  if (!isSafetensors(bytes)) {
    throw new RefineDetError(
      'MODEL_FORMAT',
      'the file is not a refinedet model; convert PyTorch and Caffe weights with `refinedet convert`',
    );
  }
  const file = readSafetensors(bytes);
  const config = parseModelConfig(parseConfigJson(file.metadata));
  await verifyChecksum(file);
  const { preset, classes, graphOptions } = config;
  const graph = graphOf(file, presetGraph(preset, classes.length, graphOptions));
  const { rest, quantization } = readQuantization(safetensorsSource(file), graph);
  const { matched, ...fit } = matchTensors(rest, graph, NATIVE);
  requireComplete(fit, describeModel(config));
  return { config, graph, weights: weightsOf(matched), ...(quantization && { quantization }) };
}

function parseConfigJson(metadata: ReadonlyMap<string, string>): unknown {
  const format = metadata.get('format');
  const version = metadata.get('formatVersion');
  if (format !== FORMAT_NAME || version !== FORMAT_VERSION) {
    throw new RefineDetError(
      'MODEL_METADATA',
      `the safetensors file is not a refinedet model of format version ${FORMAT_VERSION}: its metadata has format ${quote(format ?? 'none')}, version ${quote(version ?? 'none')}`,
    );
  }
  try {
    return parseJson(metadata.get('config') ?? '');
  } catch (cause) {
    throw new RefineDetError('MODEL_METADATA', "the model's config is not valid JSON", { cause });
  }
}

/** A file whose batch normalization is folded has biases instead. */
function graphOf({ tensors }: Safetensors, graph: Graph): Graph {
  const isNorm = (name: string) => BATCH_NORM_TENSORS.some((suffix) => name.endsWith(`.${suffix}`));
  return [...tensors.keys()].some(isNorm) ? graph : withoutBatchNorm(graph);
}

async function verifyChecksum({ metadata, data }: Safetensors): Promise<void> {
  const expected = metadata.get('checksum');
  const actual = await checksum(data);
  if (expected === undefined || actual === undefined || expected === actual) return;
  throw new RefineDetError(
    'MODEL_CHECKSUM',
    `the tensors of the model have the checksum ${actual}, not ${quote(expected)}`,
  );
}

/** Returns undefined where WebCrypto is missing: web pages that are not served over https. */
async function checksum(data: Uint8Array): Promise<string | undefined> {
  const digest = await globalThis.crypto?.subtle?.digest(
    'SHA-256',
    data as Uint8Array<ArrayBuffer>,
  );
  return digest && checksumText(new Uint8Array(digest));
}

function checksumText(digest: Uint8Array): string {
  const hex = Array.from(digest, (byte) => byte.toString(16).padStart(2, '0'));
  return CHECKSUM_PREFIX + hex.join('');
}

/**
 * Encodes a model as one self-describing file.
 * @param type how kernels are stored: `f32` exact (default), `f16` half the size, `int8` a quarter
 * to a third: small kernels, which matter most, are float16 unless a calibration computes with 8 bits of them
 * @throws MODEL_METADATA for an invalid configuration, WEIGHTS_MISMATCH when tensors do not fit the
 * graph, INVALID_ARGUMENT for values that are not finite or too large for float16, INVALID_OPTION
 */
export async function writeModel(model: Model, type: StorageType = 'f32'): Promise<Uint8Array> {
  checkValue('type', type, oneOf(Object.keys(KERNEL_TYPES)));
  const config = checkModel(model);
  const tensors = new Map<string, TensorWriter>();
  const grid = type === 'int8' ? weightGrid(model) : undefined;
  for (const [name, tensor] of model.weights) {
    const steps = grid?.get(name);
    const dtype = steps ? 'I8' : storedType(tensor, type);
    requireRange(name, tensor, dtype);
    const writers = tensorWriters(name, tensor, dtype, steps);
    for (const [stored, writer] of writers) tensors.set(stored, writer);
  }
  const calibration = model.quantization ? quantizationTensors(model.quantization) : [];
  for (const [name, values] of calibration) {
    tensors.set(name, exactWriter(values));
  }
  const metadata = {
    format: FORMAT_NAME,
    formatVersion: FORMAT_VERSION,
    config: JSON.stringify(config),
  };
  const placeholder = checksumText(new Uint8Array(DIGEST_BYTES));
  const file = writeSafetensors(tensors, { ...metadata, checksum: placeholder });
  const sum = await checksum(readSafetensors(file).data);
  if (sum === undefined) return writeSafetensors(tensors, metadata);
  // Digests have one length, so the header can be written again in its place.
  file.set(encodeHeader(tensors, { ...metadata, checksum: sum }));
  return file;
}

type StoredType = 'F32' | 'F16' | 'I8';
const KERNEL_TYPES: Record<StorageType, StoredType> = { f32: 'F32', f16: 'F16', int8: 'I8' };

/**
 * Kernels of fewer elements are not stored as int8 but as float16. They lie where a network is
 * narrow, and later layers do not correct their errors: in the default model they are an eighth of the
 * elements, but cause three quarters of the change that int8 would make in the heads' outputs. The
 * kernels of a calibrated model that are computed in eight bits lose nothing more in the file.
 */
const LEAST_INT8_ELEMENTS = 2 ** 15;

/** Type in which a tensor is stored; vectors stay float32. */
function storedType({ shape, data }: WeightTensor, type: StorageType): StoredType {
  if (shape.length === 1) return 'F32';
  const isSmall = type === 'int8' && data.length < LEAST_INT8_ELEMENTS;
  return isSmall ? 'F16' : KERNEL_TYPES[type];
}

/** @param grid steps of an int8 kernel; default: the finest */
function tensorWriters(
  name: string,
  { shape, data }: WeightTensor,
  dtype: StoredType,
  grid: Float32Array | undefined,
): [string, TensorWriter][] {
  if (dtype === 'F32') return [[name, floatWriter(shape, data)]];
  if (dtype === 'F16') return [[name, halfWriter(shape, data)]];
  const scales = grid ?? channelScales(data, outputChannels(shape));
  const write = (target: Uint8Array) =>
    quantize(data, scales, new Int8Array(target.buffer, target.byteOffset, data.length));
  return [
    [name, { dtype, shape, write }],
    [name + SCALE_SUFFIX, floatWriter([scales.length], scales)],
  ];
}

/** Half precision where it loses nothing, as with the corrections of a calibration. */
function exactWriter(values: Float32Array): TensorWriter {
  const shape = [values.length];
  const halves = roundToFloat16(values);
  return values.every((value, i) => value === halves[i])
    ? halfWriter(shape, values)
    : floatWriter(shape, values);
}

function halfWriter(shape: readonly number[], data: Float32Array): TensorWriter {
  const write = (target: Uint8Array) =>
    encodeFloat16(data, new Uint16Array(target.buffer, target.byteOffset, data.length));
  return { dtype: 'F16', shape, write };
}

function floatWriter(shape: readonly number[], data: Float32Array): TensorWriter {
  const write = (target: Uint8Array) =>
    new Float32Array(target.buffer, target.byteOffset, data.length).set(data);
  return { dtype: 'F32', shape, write };
}
