/** Layers on maps of 8-bit numbers as kernels of tfjs' wasm backend. */
import { ByteConv, ByteDepthwise, ConvShape, DepthwiseShape } from '../generated/abi.ts';
import { writeRecord } from '../heap-records.ts';
import type { ConvAttributes } from './convolution.ts';
import type { DepthwiseAttributes } from './depthwise.ts';
import type { LayerHost, LayerKernel } from './layer-host.ts';
import { convParts, depthwiseParts, lineParts } from './parts.ts';

/** What becomes of the sums of a convolution: `Output` in assembly/byte-gemm.ts. */
export const BYTE_OUTPUTS = ['signed', 'unsigned', 'float'] as const;
export type ByteOutput = (typeof BYTE_OUTPUTS)[number];

export interface ByteConvAttributes extends ConvAttributes {
  output: ByteOutput;
  /** Bits by which the sums are shifted to the right. */
  shift: number;
  /** Whether the input, and the residual, hold -128..127 or 0..255. */
  isSigned: boolean;
  residualIsSigned: boolean;
}

/** tfjs has no type of 8-bit numbers; its booleans have a byte each. */
const BYTES = 'bool';

export function byteKernels(host: LayerHost) {
  const { kernels } = host;
  const { heap } = kernels;
  const record = heap.malloc(ByteConv.bytes + ConvShape.bytes);
  const shape = record + ByteConv.bytes;
  const depthwiseRecord = heap.malloc(ByteDepthwise.bytes + DepthwiseShape.bytes);
  const depthwiseShape = depthwiseRecord + ByteDepthwise.bytes;

  const convBytes: LayerKernel<ByteConvAttributes> = (
    { x, filter, residual },
    { geometry, output, shift, isSigned, residualIsSigned },
    tensors,
  ) => {
    const { batch, outHeight, outWidth, filters } = geometry;
    const type = output === 'float' ? 'float32' : BYTES;
    const y = tensors.output([batch, outHeight, outWidth, filters], type);
    writeRecord(heap, shape, ConvShape, geometry);
    writeRecord(heap, record, ByteConv, {
      output: BYTE_OUTPUTS.indexOf(output),
      shift,
      residual: tensors.pointer(residual),
      residualIsSigned: Number(residualIsSigned),
      shape,
      x: tensors.pointer(x),
      isSigned: Number(isSigned),
      filter: tensors.pointer(filter),
      y: tensors.pointer(y),
    });
    const parts = convParts(geometry, kernels.convolveBytesBlock(shape), host.threads);
    const args = [record, Number(parts.byPanels)] as const;
    host.run('convolveBytes', args, parts, kernels.convolveBytesScratch(shape));
    return y;
  };

  const depthwiseBytes: LayerKernel<DepthwiseAttributes> = (
    { x, filter },
    { geometry },
    tensors,
  ) => {
    const { batch, outHeight, outWidth, channels } = geometry;
    const y = tensors.output([batch, outHeight, outWidth, channels], BYTES);
    writeRecord(heap, depthwiseShape, DepthwiseShape, geometry);
    writeRecord(heap, depthwiseRecord, ByteDepthwise, {
      shape: depthwiseShape,
      x: tensors.pointer(x),
      filter: tensors.pointer(filter),
      y: tensors.pointer(y),
    });
    host.run('depthwiseBytes', [depthwiseRecord], depthwiseParts(geometry, host.threads));
    return y;
  };

  /** Four bytes move like one float: the channels of the output must be a multiple of four. */
  const depthToSpaceBytes: LayerKernel<object> = ({ x }, _, tensors) => {
    const [batch, height, width, channels] = x.shape;
    const filters = channels / 4;
    const y = tensors.output([batch, 2 * height, 2 * width, filters], BYTES);
    const floats = filters / 4;
    const parts = lineParts(batch * height, width * filters, host.threads);
    host.run('depthToSpace', [...tensors.pointers(x, y), width, floats], parts);
    return y;
  };

  const quantize: LayerKernel<{ inverse: number }> = ({ x }, { inverse }, tensors) => {
    const y = tensors.output(x.shape, BYTES);
    const count = x.shape.reduce((a, b) => a * b, 1);
    kernels.quantizeFloats(...tensors.pointers(x, y), count, inverse);
    return y;
  };

  return { convBytes, depthwiseBytes, depthToSpaceBytes, quantize };
}
