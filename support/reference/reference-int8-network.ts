/** A whole network on 8-bit maps by the reference layers. */
import { convGeometry, depthwiseGeometry } from '../../src/model/geometry.ts';
import type { ConvLayer } from '../../src/model/graph.ts';
import { planInt8, type Quantization } from '../../src/model/int8/quantization.ts';
import { quantizeConv } from '../../src/model/int8/quantize-conv.ts';
import { quantizeDepthwise } from '../../src/model/int8/quantize-depthwise.ts';
import { Surroundings } from '../../src/model/int8/surroundings.ts';
import type { Model } from '../../src/model/model.ts';
import { type Bytes, convBytes, depthwiseBytes, quantizeFloats } from './reference-bytes.ts';

interface ByteMap {
  shape: [number, number, number, number];
  data: Bytes | Float32Array;
}

/**
 * @param input [1, height, width, 3]
 * @returns all maps by name; heads are floats
 */
export function runInt8(
  { graph, weights }: Pick<Model, 'graph' | 'weights'>,
  quantization: Quantization,
  { shape, data }: { shape: ByteMap['shape']; data: Float32Array },
): Map<string, ByteMap> {
  const plan = planInt8(graph);
  const around = new Surroundings(graph, plan, weights, quantization);
  const image = graph.layers[0].name;
  const inverse = 1 / around.scales(image)[0];
  const maps = new Map<string, ByteMap>([[image, { shape, data: quantizeFloats(data, inverse) }]]);
  for (const step of plan) {
    const [x, residual] = step.inputs.map((name) => maps.get(name)!);
    if (step.kind === 'depthwise') {
      const g = depthwiseGeometry(x.shape, step.layer);
      const words = quantizeDepthwise(around.depthwise(step));
      const y = depthwiseBytes(g, x.data as Uint8Array, words);
      maps.set(step.name, { shape: [g.batch, g.outHeight, g.outWidth, g.channels], data: y });
      continue;
    }
    const rectified = around.isSigned(step.name) ? 'signed' : 'unsigned';
    const output = around.isHead(step.name) ? 'float' : rectified;
    const layer: ConvLayer =
      step.kind === 'conv'
        ? step.layer
        : {
            ...{ op: 'conv', name: '', input: '', filters: 4 * step.layer.filters },
            ...{ kernel: 1, stride: 1, dilation: 1, padding: 0 },
          };
    const g = convGeometry(x.shape, layer);
    const added = residual?.data as Bytes | undefined;
    const y = convBytes(g, x.data as Bytes, quantizeConv(around.conv(step)), output, added);
    const wide: ByteMap = { shape: [g.batch, g.outHeight, g.outWidth, g.filters], data: y };
    maps.set(step.name, step.kind === 'conv' ? wide : depthToSpace(wide));
  }
  return maps;
}

function depthToSpace({ shape: [batch, height, width, wide], data }: ByteMap): ByteMap {
  const channels = wide / 4;
  const moved = new Int8Array(data.length);
  let at = 0;
  for (let row = 0; row < batch * height; row++) {
    for (let x = 0; x < width; x++) {
      for (let tap = 0; tap < 4; tap++) {
        const target = (2 * row + (tap >> 1)) * 2 * width + 2 * x + (tap & 1);
        for (let c = 0; c < channels; c++) moved[target * channels + c] = data[at++];
      }
    }
  }
  return { shape: [batch, 2 * height, 2 * width, channels], data: moved };
}
