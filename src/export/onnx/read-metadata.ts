/** Reads the metadata of an ONNX file, which ONNX Runtime's JavaScript API does not show. */
import { RefineDetError } from '../../errors.ts';
import { requireBytes } from '../../weights/byte-reader.ts';
import { protobufFields } from '../../weights/protobuf.ts';
import { ONNX_FORMAT } from './metadata.ts';

/**
 * Reads what `exportOnnx` wrote about a model: strings as they are, everything else as JSON.
 * @throws MODEL_EMPTY, MODEL_CORRUPT; MODEL_METADATA for an ONNX file of another origin
 */
export function readOnnxMetadata(file: Uint8Array): Record<string, string> {
  requireBytes(file);
  const entries = bytesFields(file, 14).map((entry) => [firstText(entry, 1), firstText(entry, 2)]);
  const metadata = Object.fromEntries(entries) as Record<string, string>;
  if (metadata['format'] === ONNX_FORMAT) return metadata;
  throw new RefineDetError('MODEL_METADATA', 'the ONNX file was not written by refinedet');
}

function bytesFields(message: Uint8Array, number: number): Uint8Array[] {
  return [...protobufFields(message)].flatMap((field) =>
    field.number === number && field.type === 'bytes' ? [field.bytes] : [],
  );
}

function firstText(message: Uint8Array, number: number): string {
  const [bytes] = bytesFields(message, number);
  return new TextDecoder().decode(bytes);
}
