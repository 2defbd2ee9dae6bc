import { beforeAll, describe, expect, it } from 'vitest';
import { planInt8 } from '../../src/model/int8/quantization.ts';
import { quantizeConv } from '../../src/model/int8/quantize-conv.ts';
import { Surroundings } from '../../src/model/int8/surroundings.ts';
import type { Model } from '../../src/model/model.ts';
import { readModel, writeModel } from '../../src/weights/model-file.ts';
import { readSafetensors } from '../../src/weights/safetensors.ts';
import { fixedQuantization } from '../../support/models/fixed-quantization.ts';
import { randomModel } from '../../support/models/random-model.ts';

const plain = randomModel(64);
const calibrated: Model = { ...plain, quantization: fixedQuantization(plain) };

/** The file of the model with another calibration. */
async function reread(change: {
  scales?: [string, Float32Array][];
  corrections?: [string, Float32Array][];
}) {
  const { scales, corrections } = calibrated.quantization!;
  const quantization = {
    scales: new Map([...scales, ...(change.scales ?? [])]),
    corrections: new Map([...corrections, ...(change.corrections ?? [])]),
  };
  return readModel(await writeModel({ ...plain, quantization }));
}

/** The integers of a convolution as 8-bit inference computes with them. */
function levelsOf({ graph, weights, quantization }: Model, name: string) {
  const plan = planInt8(graph);
  const around = new Surroundings(graph, plan, weights, quantization!);
  const step = plan.find((one) => one.kind === 'conv' && one.layer.name === name)!;
  return quantizeConv(around.conv(step as typeof step & { kind: 'conv' }));
}

describe('a calibration in a model file', () => {
  let read: Model;
  beforeAll(async () => {
    read = await readModel(await writeModel(calibrated, 'int8'));
  });

  it('comes back', () => {
    expect(read.quantization).toEqual(calibrated.quantization);
    expect([...read.weights.keys()]).toEqual([...plain.weights.keys()]);
  });

  it('is absent from the file of a model that has none', async () => {
    expect(await readModel(await writeModel(plain, 'int8'))).not.toHaveProperty('quantization');
  });

  it('stores in eight bits, however small, the kernels that are computed in eight bits', async () => {
    const { tensors } = readSafetensors(await writeModel(calibrated, 'int8'));
    const types = [
      'stem',
      'block7.expand',
      'block12.project',
      'tcb4.conv2',
      'block7.depthwise',
    ].map((name) => tensors.get(`${name}.weight`)!.dtype);
    expect(types).toEqual(['I8', 'I8', 'I8', 'I8', 'F16']);
  });

  it.each(['stem', 'block7.expand', 'block12.project', 'last', 'extra0.conv', 'tcb4.conv2'])(
    'lets int8 storage keep the integers of the weights: %s',
    (name) => {
      const before = levelsOf(calibrated, name);
      const after = levelsOf(read, name);
      expect(after.weights).toEqual(before.weights);
      expect(after.multipliers).toEqual(before.multipliers);
      expect(after.shift).toBe(before.shift);
    },
  );

  it.each([
    [
      'a scale of zero',
      { scales: [['last', new Float32Array(1280)]] },
      /"last.outputScale" .* not 0$/,
    ],
    [
      'too few scales',
      { scales: [['last', Float32Array.of(1, 2)]] },
      /1280 finite numbers.* not 2 numbers$/,
    ],
    [
      'an infinite correction',
      { corrections: [['stem', new Float32Array(32).fill(Infinity)]] },
      /"stem.correction" .* not Infinity$/,
    ],
  ] as [string, Parameters<typeof reread>[0], RegExp][])(
    'fails with %s',
    async (_, change, message) => {
      await expect(reread(change)).rejects.toMatchObject({ code: 'MODEL_METADATA' });
      await expect(reread(change)).rejects.toThrow(message);
    },
  );

  it('fails without one of the scales, and with those of an unknown map', async () => {
    const { scales, corrections } = calibrated.quantization!;
    const fewer = new Map([...scales].filter(([name]) => name !== 'last'));
    const quantization = { scales: fewer, corrections };
    const incomplete = await writeModel({ ...plain, quantization });
    await expect(readModel(incomplete)).rejects.toMatchObject({ code: 'MODEL_METADATA' });
    await expect(reread({ scales: [['nowhere', Float32Array.of(1)]] })).rejects.toMatchObject({
      code: 'WEIGHTS_MISMATCH',
    });
  });
});
