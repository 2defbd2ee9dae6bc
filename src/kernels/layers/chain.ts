/** Convolution, depthwise and 1×1 convolution in one pass, as a kernel of tfjs' wasm backend. */
import { Chain, ConvShape, DepthwiseShape } from '../generated/abi.ts';
import { writeRecord } from '../heap-records.ts';
import type { Limits } from './convolution.ts';
import type { ConvGeometry, DepthwiseGeometry } from './layer-geometry.ts';
import type { LayerHost, LayerKernel } from './layer-host.ts';
import { chainParts } from './parts.ts';

/** A convolution, a depthwise convolution of its output, and a 1×1 convolution of that output. */
export interface ChainAttributes {
  first: ConvGeometry & Limits;
  depthwise: DepthwiseGeometry & Limits;
  last: ConvGeometry & Limits;
}

export function chainKernels(host: LayerHost) {
  const { kernels } = host;
  const { heap } = kernels;
  const record = heap.malloc(Chain.bytes + 2 * ConvShape.bytes + DepthwiseShape.bytes);
  const firstShape = record + Chain.bytes;
  const lastShape = firstShape + ConvShape.bytes;
  const depthwiseShape = lastShape + ConvShape.bytes;

  const chain: LayerKernel<ChainAttributes> = (
    { x, firstFilter, depthwiseFilter, depthwiseBias, lastFilter, residual },
    { first, depthwise, last },
    tensors,
  ) => {
    const y = tensors.output([last.batch, last.outHeight, last.outWidth, last.filters]);
    writeRecord(heap, firstShape, ConvShape, first);
    writeRecord(heap, depthwiseShape, DepthwiseShape, depthwise);
    writeRecord(heap, lastShape, ConvShape, last);
    writeRecord(heap, record, Chain, {
      first: firstShape,
      depthwise: depthwiseShape,
      last: lastShape,
      x: tensors.pointer(x),
      firstFilter: tensors.pointer(firstFilter),
      depthwiseFilter: tensors.pointer(depthwiseFilter),
      depthwiseBias: tensors.pointer(depthwiseBias),
      lastFilter: tensors.pointer(lastFilter),
      y: tensors.pointer(y),
      residual: tensors.pointer(residual),
      firstLow: first.low,
      firstHigh: first.high,
      depthwiseLow: depthwise.low,
      depthwiseHigh: depthwise.high,
      lastLow: last.low,
      lastHigh: last.high,
    });
    host.run('chain', [record], chainParts(depthwise, host.threads), kernels.chainScratch(record));
    return y;
  };

  return { chain };
}
