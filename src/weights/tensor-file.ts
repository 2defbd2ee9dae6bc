/** Opens weight files of every format as named, lazy tensors. */
import { didYouMean, RefineDetError } from '../errors.ts';
import type { Levels } from '../model/graph.ts';
import { corrupt, quote, requireBytes } from './byte-reader.ts';
import { maybeCaffeFile, readCaffeFile } from './caffe-file.ts';
import { toFloat32 } from './dtype.ts';
import type { WeightFormat } from './importers/layout.ts';
import { dequantize, outputChannels, SCALE_SUFFIX } from './quantize.ts';
import { isSafetensors, readSafetensors, type Safetensors } from './safetensors.ts';
import { isTorchFile, readTorchFile, withoutPrefix } from './torch-file.ts';
import type { SourceTensor, SourceTensors } from './weight-source.ts';

interface Format {
  matches(bytes: Uint8Array): boolean;
  read(bytes: Uint8Array): SourceTensors;
}

/** The most certain first: `.caffemodel` has no magic number. */
const FORMATS: Record<WeightFormat, Format> = {
  torch: { matches: isTorchFile, read: readTorchFile },
  safetensors: {
    matches: isSafetensors,
    read: (bytes) => withoutPrefix(safetensorsSource(readSafetensors(bytes))),
  },
  caffe: { matches: maybeCaffeFile, read: readCaffeFile },
};

/**
 * Detects the format of a weight file by its first bytes.
 * @throws MODEL_EMPTY, MODEL_FORMAT
 */
export function detectFormat(bytes: Uint8Array): WeightFormat {
  requireBytes(bytes);
  for (const [name, format] of Object.entries(FORMATS)) {
    if (format.matches(bytes)) return name as WeightFormat;
  }
  const start = [...bytes.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, '0'));
  throw new RefineDetError(
    'MODEL_FORMAT',
    `a file that begins with the bytes ${start.join(' ')} is not safetensors, PyTorch or Caffe`,
  );
}

/**
 * Opens the tensors of a weight file, without the prefixes that wrappers put before every name.
 * @param format default: detected
 * @throws MODEL_EMPTY, MODEL_FORMAT, MODEL_CORRUPT, PICKLE_FORBIDDEN, INVALID_OPTION
 */
export function readTensors(
  bytes: Uint8Array,
  format: string = detectFormat(bytes),
): { format: WeightFormat; tensors: SourceTensors } {
  if (!Object.hasOwn(FORMATS, format)) {
    throw new RefineDetError(
      'INVALID_OPTION',
      `unknown weight format "${format}"${didYouMean(format, Object.keys(FORMATS))}`,
    );
  }
  const known = format as WeightFormat;
  return { format: known, tensors: FORMATS[known].read(bytes) };
}

/** Opens the tensors of a safetensors file; int8 tensors are restored with their scales. */
export function safetensorsSource({ tensors }: Safetensors): SourceTensors {
  const source = new Map<string, SourceTensor>();
  for (const [name, { dtype, shape, bytes }] of tensors) {
    if (dtype === 'I8') {
      const scales = tensors.get(name + SCALE_SUFFIX);
      const [count] = scales?.shape ?? [];
      if (scales?.dtype !== 'F32' || count !== outputChannels(shape)) {
        throw corrupt(`the int8 tensor ${quote(name)} has no scale per output channel`);
      }
      const levels: Levels = {
        values: new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length),
        scales: toFloat32(scales.bytes, 'F32'),
      };
      source.set(name, { shape, levels, read: () => dequantize(levels) });
    } else if (!isScale(name, tensors)) {
      source.set(name, { shape, read: () => toFloat32(bytes, dtype) });
    }
  }
  return source;
}

function isScale(name: string, tensors: Safetensors['tensors']): boolean {
  if (!name.endsWith(SCALE_SUFFIX)) return false;
  return tensors.get(name.slice(0, -SCALE_SUFFIX.length))?.dtype === 'I8';
}
