/** Convolution, depthwise and 1×1 convolution in one go, as a kernel of tfjs' wasm backend. */
import type { Limits } from './convolution.ts';
import {
  type ConvGeometry,
  type DepthwiseGeometry,
  GEOMETRY_BYTES,
  writeConvGeometry,
  writeDepthwiseGeometry,
} from './layer-geometry.ts';
import type { LayerHost, LayerKernel } from './layer-host.ts';
import { chainParts } from './parts.ts';

/** Of the convolution, the depthwise convolution of its output and the 1×1 convolution of that one's. */
export interface ChainAttributes {
  first: ConvGeometry & Limits;
  depthwise: DepthwiseGeometry & Limits;
  last: ConvGeometry & Limits;
}

/** Addresses and limits of class Chain in assembly/chain.ts. */
const ADDRESSES = 10;
const LIMITS = 6;
const SHAPES = 4 * (ADDRESSES + LIMITS);
const CHAIN_BYTES = SHAPES + 3 * GEOMETRY_BYTES;

export function chainKernels(host: LayerHost) {
  const { kernels } = host;
  const { heap } = kernels;
  const block = heap.malloc(CHAIN_BYTES);
  const shapes = [0, 1, 2].map((i) => block + SHAPES + i * GEOMETRY_BYTES);

  const chain: LayerKernel<ChainAttributes> = (
    { x, firstFilter, depthwiseFilter, depthwiseBias, lastFilter, residual },
    { first, depthwise, last },
    tensors,
  ) => {
    const y = tensors.output([last.batch, last.outHeight, last.outWidth, last.filters]);
    const maps = [x, firstFilter, depthwiseFilter, depthwiseBias, lastFilter, y, residual];
    const addresses = maps.map((tensor) => tensors.pointer(tensor));
    const limits = [first, depthwise, last].flatMap(({ low, high }) => [low, high]);
    const { buffer } = heap.memory;
    new Uint32Array(buffer, block, ADDRESSES).set([...shapes, ...addresses]);
    new Float32Array(buffer, block + 4 * ADDRESSES, LIMITS).set(limits);
    writeConvGeometry(heap, shapes[0], first);
    writeDepthwiseGeometry(heap, shapes[1], depthwise);
    writeConvGeometry(heap, shapes[2], last);
    host.run('chain', [block], chainParts(depthwise, host.threads), kernels.chainScratch(block));
    return y;
  };

  return { chain };
}
