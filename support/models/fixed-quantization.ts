/** A calibration without images. */
import { channelsByLayer } from '../../src/model/graph.ts';
import { isRectified, planInt8, type Quantization } from '../../src/model/int8/quantization.ts';
import type { Model } from '../../src/model/model.ts';

/** Scales for maps of ReLU6 and for linear ones up to 12, and one corrected layer. */
export function fixedQuantization({ graph }: Model): Quantization {
  const channels = channelsByLayer(graph);
  const heads = Object.values(graph.heads).flat();
  const maps = planInt8(graph).filter(({ name }) => !heads.includes(name));
  const scales = maps.map((step) => {
    const scale = isRectified(step) ? 6 / 255 : 12 / 127;
    return [step.name, new Float32Array(channels.get(step.name)!).fill(scale)] as const;
  });
  const input = new Float32Array(3).fill(1 / 127);
  const corrections = new Map([['last', new Float32Array(1280).fill(0.1)]]);
  return { scales: new Map([['input', input], ...scales]), corrections };
}
