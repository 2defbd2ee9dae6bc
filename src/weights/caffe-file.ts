/**
 * Reads the blobs of a `.caffemodel`: a NetParameter with V2 layers (`layer`) or the older V1 layers
 * (`layers`). Field numbers from caffe.proto.
 */
import { RefineDetError } from '../errors.ts';
import { corrupt, quote, requireBytes } from './byte-reader.ts';
import { type DType, ITEM_SIZE, toFloat32 } from './dtype.ts';
import { type Field, packedVarints, protobufFields } from './protobuf.ts';
import { elementCount, type SourceTensor, type SourceTensors } from './weight-source.ts';

/** Field of NetParameter → fields of the layer message. */
const LAYER_FIELDS: Readonly<Record<number, { name: number; blobs: number }>> = {
  100: { name: 1, blobs: 7 }, // layer: LayerParameter
  2: { name: 4, blobs: 6 }, // layers: V1LayerParameter
};

/** Far more than any network has; a hostile file of empty messages could name millions. */
const MAX_TENSORS = 100_000;
const MAX_BLOBS = 64;
const MAX_SHAPE_BYTES = 256;
/** Every blob of a layer repeats its name. */
const MAX_NAME_BYTES = 1024;

/** First bytes of a NetParameter: its name, an input, or a layer of either version. */
const FIRST_BYTES = [0x0a, 0x12, 0x1a, 0xa2];

/** Whether the bytes may be a `.caffemodel`, which has no magic number. */
export function maybeCaffeFile(bytes: Uint8Array): boolean {
  return FIRST_BYTES.includes(bytes[0]);
}

/**
 * Blobs as tensors named `<layer>.<index>`, lazily read.
 * @throws MODEL_EMPTY, MODEL_FORMAT when the message holds no blobs, MODEL_CORRUPT
 */
export function readCaffeFile(bytes: Uint8Array): SourceTensors {
  requireBytes(bytes);
  const tensors = new Map<string, SourceTensor>();
  for (const field of protobufFields(bytes)) {
    const numbers = LAYER_FIELDS[field.number];
    if (!numbers || field.type !== 'bytes') continue;
    const { name, blobs } = readLayer(field.bytes, numbers);
    for (const [index, blob] of blobs.entries()) {
      const key = `${name}.${index}`;
      if (tensors.has(key)) throw corrupt(`the layer ${quote(name)} occurs twice`);
      tensors.set(key, readBlob(blob, key));
    }
    if (tensors.size > MAX_TENSORS) throw corrupt(`the file has more than ${MAX_TENSORS} blobs`);
  }
  if (tensors.size === 0) {
    throw new RefineDetError('MODEL_FORMAT', 'the file holds no Caffe layers with weights');
  }
  return tensors;
}

function readLayer(message: Uint8Array, numbers: { name: number; blobs: number }) {
  let name = '';
  const blobs: Uint8Array[] = [];
  for (const field of protobufFields(message)) {
    if (field.type !== 'bytes') continue;
    if (field.number === numbers.name) name = readName(field.bytes);
    if (field.number !== numbers.blobs) continue;
    blobs.push(field.bytes);
    if (blobs.length > MAX_BLOBS) throw corrupt(`a layer has more than ${MAX_BLOBS} blobs`);
  }
  return { name, blobs };
}

function readName(bytes: Uint8Array): string {
  if (bytes.length <= MAX_NAME_BYTES) return new TextDecoder().decode(bytes);
  throw corrupt(`the name of a layer has ${bytes.length} bytes`);
}

/** BlobProto: num, channels, height, width 1-4 (old), data 5, shape 7, double_data 8. */
function readBlob(message: Uint8Array, name: string): SourceTensor {
  const legacy = [0, 0, 0, 0];
  let shape: number[] | undefined;
  let data: { bytes: Uint8Array; dtype: DType } | undefined;
  for (const field of protobufFields(message)) {
    if (field.type === 'varint' && field.number <= 4) legacy[field.number - 1] = field.value;
    else if (field.number === 7 && field.type === 'bytes') shape = readShape(field.bytes);
    else if (field.number === 5 || field.number === 8) {
      // Every writer packs the elements into one chunk.
      if (field.type !== 'bytes' || data) throw corrupt(`the blob ${quote(name)} is not packed`);
      data = { bytes: field.bytes, dtype: field.number === 5 ? 'F32' : 'F64' };
    }
  }
  const dimensions = shape ?? legacy;
  const { bytes, dtype } = data ?? { bytes: new Uint8Array(), dtype: 'F32' };
  const count = elementCount(dimensions);
  if (count === undefined || count * ITEM_SIZE[dtype] !== bytes.length) {
    throw corrupt(
      `the blob ${quote(name)} of shape [${dimensions.slice(0, 8)}] has ${bytes.length} bytes`,
    );
  }
  return { shape: dimensions, read: () => toFloat32(bytes, dtype) };
}

/** BlobShape: int64 dim = 1, packed or one by one. */
function readShape(message: Uint8Array): number[] {
  if (message.length > MAX_SHAPE_BYTES) {
    throw corrupt(`the shape of a blob takes ${message.length} bytes`);
  }
  const isDimension = (field: Field) => field.number === 1;
  return [...protobufFields(message)]
    .filter(isDimension)
    .flatMap((field) => (field.type === 'varint' ? [field.value] : packedVarints(field.bytes)));
}
