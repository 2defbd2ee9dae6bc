import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { HEAD_NAMES, type HeadMap, type HeadName } from '../../src/heads.ts';
import { createHeap } from '../../src/kernels/heap.ts';
import {
  loadTrainingKernels,
  type TrainingKernels,
} from '../../src/kernels/training/training-kernels.ts';
import { DetectionLoss } from '../../src/training/loss/detection-loss.ts';
import { refineDetLoss } from '../../src/training/loss/tensor-loss.ts';
import { trainingRuntime } from '../../src/training/training-runtime.ts';
import {
  decideTargets,
  referenceGradients,
  referenceLoss,
} from '../../support/reference/reference-loss.ts';
import { randomScene } from '../../support/scenes/training-scenes.ts';
import '../../support/tfjs-gradients.ts';

const scene = randomScene(4, { inputSize: 64, images: 2, classes: 4 });
const targetsOf = (loss: DetectionLoss) =>
  decideTargets(scene.heads, scene.anchors, scene.truths, loss.options);

function headVariables(): HeadMap<tf.Variable<tf.Rank.R3>> {
  const variable = (name: HeadName) => {
    const values = scene.heads[name];
    const rows = scene.anchors.length / 4;
    const shape: [number, number, number] = [2, rows, values.length / (2 * rows)];
    return tf.variable(tf.tensor3d(values, shape), true, undefined);
  };
  return {
    armLoc: variable('armLoc'),
    armConf: variable('armConf'),
    odmLoc: variable('odmLoc'),
    odmConf: variable('odmConf'),
  };
}

describe.each(['wasm, heads in place', 'wasm, heads copied', 'cpu'])(
  'refineDetLoss on %s',
  (where) => {
    let kernels: TrainingKernels;

    beforeAll(async () => {
      kernels =
        where === 'wasm, heads in place'
          ? (await trainingRuntime(2)).kernels
          : await loadTrainingKernels(createHeap());
      if (where === 'wasm, heads copied') await trainingRuntime(2);
      if (where === 'cpu') await tf.setBackend('cpu');
    });

    it('has the loss and the gradients of the reference', () => {
      const loss = new DetectionLoss(kernels, scene.anchors, scene.classes);
      const heads = headVariables();
      const variables = HEAD_NAMES.map((name) => heads[name]);
      const targets = targetsOf(loss);
      const expected = referenceGradients(scene.heads, targets, loss.options);
      // The factor checks that the incoming gradient is used.
      const { value, grads } = tf.variableGrads(
        () => tf.mul(refineDetLoss(loss, heads, scene.truths).loss, 3),
        variables,
      );
      const total = referenceLoss(scene.heads, targets, loss.options).total;
      expect(value.dataSync()[0]).toBeCloseTo(3 * total, 3);
      for (const name of HEAD_NAMES) {
        const actual = grads[heads[name].name].dataSync<'float32'>();
        const worst = actual.reduce(
          (most, slope, i) => Math.max(most, Math.abs(slope - 3 * expected[name][i])),
          0,
        );
        expect(worst).toBeLessThan(1e-5);
      }
      tf.dispose([value, grads, variables]);
      loss.dispose();
    });

    it('leaks no tensors and does not let the heap grow', () => {
      const loss = new DetectionLoss(kernels, scene.anchors, scene.classes);
      const heads = headVariables();
      const variables = HEAD_NAMES.map((name) => heads[name]);
      const step = () => {
        const { value, grads } = tf.variableGrads(
          () => refineDetLoss(loss, heads, scene.truths).loss,
          variables,
        );
        tf.dispose([value, grads]);
      };
      step();
      const tensors = tf.memory().numTensors;
      const bytes = kernels.heap.memory.buffer.byteLength;
      for (let i = 0; i < 50; i++) step();
      expect(tf.memory().numTensors).toBe(tensors);
      expect(kernels.heap.memory.buffer.byteLength).toBe(bytes);
      tf.dispose(variables);
      loss.dispose();
    });

    it('divides by the positives of all workers', () => {
      const loss = new DetectionLoss(kernels, scene.anchors, scene.classes);
      const heads = headVariables();
      const alone = refineDetLoss(loss, heads, scene.truths);
      const shared = refineDetLoss(loss, heads, scene.truths, {
        normalize: ({ arm, odm }) => ({ arm: 2 * arm, odm: 4 * odm }),
      });
      expect(shared.parts.positives).toEqual(alone.parts.positives);
      expect(shared.parts.armConf).toBeCloseTo(alone.parts.armConf / 2, 6);
      expect(shared.parts.odmLoc).toBeCloseTo(alone.parts.odmLoc / 4, 6);
      tf.dispose([alone.loss, shared.loss, ...HEAD_NAMES.map((name) => heads[name])]);
      loss.dispose();
    });

    it('rejects heads of another shape', () => {
      const loss = new DetectionLoss(kernels, scene.anchors, scene.classes + 1);
      const heads = headVariables();
      expect(() => refineDetLoss(loss, heads, scene.truths)).toThrow(
        /^odmConf has shape \[2,255,5\], expected \[2,255,6\]$/,
      );
      tf.dispose(HEAD_NAMES.map((name) => heads[name]));
      loss.dispose();
    });
  },
);
