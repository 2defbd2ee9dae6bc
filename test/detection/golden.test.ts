/**
 * The whole import and network against what the PyTorch port computes from the same weights. Needs
 * the reference data beside the checkout and a Python with torch that writes the checkpoint.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { anchorGrid } from '../../src/anchors.ts';
import { RefineDet } from '../../src/detector.ts';
import { VOC_CLASSES } from '../../src/labels.ts';
import { levelShapes } from '../../src/model/summary.ts';
import { convertModel } from '../../src/weights/convert-weights.ts';
import { readTensors } from '../../src/weights/tensor-file.ts';
import { torchOfTests } from '../../support/torch.ts';

const REFERENCE = fileURLToPath(new URL('../../../shared/reference', import.meta.url));
const PYTHON = existsSync(REFERENCE) ? torchOfTests() : undefined;

describe.skipIf(!PYTHON)('the PyTorch port’s RefineDet320-VGG16', () => {
  const golden = existsSync(REFERENCE)
    ? readTensors(readFileSync(join(REFERENCE, 'vgg16_320_voc_golden.safetensors'))).tensors
    : new Map();
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'refinedet-golden-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(['zip', 'legacy'])('gives the golden outputs from its %s checkpoint', async (format) => {
    const path = join(folder, `${format}.pth`);
    const script = join(REFERENCE, 'gen_state.py');
    const shapes = join(REFERENCE, 'vgg16_320_voc_shapes.json');
    execFileSync(PYTHON!, [script, shapes, path, ...(format === 'legacy' ? ['--legacy'] : [])]);
    const model = convertModel(readFileSync(path), {
      preset: 'refinedet320-vgg16',
      classes: VOC_CLASSES,
    });
    const { mean, channelOrder, anchors } = model.config;
    expect({ mean, channelOrder, clip: anchors.clip }).toEqual({
      mean: [123, 117, 104],
      channelOrder: 'RGB',
      clip: true,
    });
    const grid = anchorGrid(levelShapes(model.graph, 320, 320), 320, 320, anchors);
    expect(largestDifference(grid, golden.get('priors')!.read())).toBeLessThan(1e-6);

    const detector = await RefineDet.load(model, { threads: 2, warmUp: false });
    const pixels = tf.tensor4d(golden.get('image')!.read(), [1, 320, 320, 3]);
    const input = tf.sub<tf.Tensor4D>(pixels, tf.tensor1d([...mean]));
    const heads = detector.forward(input);
    for (const [ours, theirs] of [
      [heads.armLoc, 'arm_loc'],
      [heads.armConf, 'arm_conf'],
      [heads.odmLoc, 'odm_loc'],
      [heads.odmConf, 'odm_conf'],
    ] as const) {
      const expected = golden.get(theirs)!.read();
      const magnitude = expected.reduce(
        (most: number, v: number) => Math.max(most, Math.abs(v)),
        0,
      );
      const difference = largestDifference(ours.dataSync() as Float32Array, expected);
      expect(difference / magnitude, theirs).toBeLessThan(1e-4);
    }
    tf.dispose([pixels, input, ...Object.values(heads)]);
    detector.dispose();
  });
});

function largestDifference(a: Float32Array, b: Float32Array): number {
  expect(a.length).toBe(b.length);
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0);
}
