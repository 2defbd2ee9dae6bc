/** The loss as a TensorFlow.js operation with a gradient, on any backend. */
import * as tf from '@tensorflow/tfjs-core';
import { tensorPointer } from '../../backend/wasm.ts';
import { RefineDetError } from '../../errors.ts';
import { byHead, HEAD_NAMES, type HeadMap, headShapes } from '../../heads.ts';
import { float32View, type Heap } from '../../kernels/heap.ts';
import { GrowingBuffer } from '../../kernels/workspace.ts';
import type { DetectionLoss, LossParts, ModuleCounts } from './detection-loss.ts';
import type { Truth } from './truth.ts';

/** Inputs of the loss besides outputs and boxes. */
export interface TensorLossOptions {
  /**
   * Converts the numbers of positives of these images to those of the whole batch, by which the loss is
   * divided: for workers with one slice of the batch each. The call may block. Default: these images are the batch.
   */
  normalize?: (positives: ModuleCounts) => ModuleCounts;
}

/**
 * Computes the total loss, differentiable with `tf.variableGrads` and similar functions. When the heads are
 * in the heap of the loss (the wasm backend with its own kernels) nothing is copied; otherwise they are
 * downloaded, so the backend must support synchronous downloads.
 *
 * @param heads outputs for the batch; not disposed
 * @param truths ground truth, one entry per image
 * @returns the scalar to differentiate, and its parts as numbers
 * @throws INVALID_ARGUMENT for shapes that do not match
 */
export function refineDetLoss(
  loss: DetectionLoss,
  heads: HeadMap<tf.Tensor3D>,
  truths: readonly Truth[],
  { normalize = (positives) => positives }: TensorLossOptions = {},
): { loss: tf.Scalar; parts: LossParts } {
  checkShapes(loss, heads, truths.length);
  let parts: LossParts | undefined;
  const run = sharesHeap(loss.kernels.heap) ? inPlace : downloaded;
  const operation = tf.customGrad((...args) => {
    const save = args.pop() as unknown as tf.GradSaveFunc;
    const tensors = byHead((_, i) => args[i] as tf.Tensor3D);
    const gradients = run(loss.kernels.heap, tensors, (values, slopes) => {
      parts = loss.evaluate(values, slopes, normalize(loss.match(values, truths)));
    });
    save(HEAD_NAMES.map((name) => gradients[name]));
    return {
      value: tf.scalar(parts!.total),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => saved.map((slope) => tf.mul(slope, dy)),
    };
  });
  const scalar = operation(...HEAD_NAMES.map((name) => heads[name])) as tf.Scalar;
  return { loss: scalar, parts: parts! };
}

/** Reads heads at addresses and writes the gradients. */
type Compute = (heads: HeadMap<number>, gradients: HeadMap<number>) => void;
type Tensors = HeadMap<tf.Tensor3D>;

function inPlace(_: Heap, heads: Tensors, compute: Compute): Tensors {
  const gradients = byHead((name) => tf.fill<tf.Rank.R3>(heads[name].shape, 0));
  compute(
    byHead((name) => tensorPointer(heads[name])),
    byHead((name) => tensorPointer(gradients[name])),
  );
  return gradients;
}

function downloaded(heap: Heap, heads: Tensors, compute: Compute): Tensors {
  const buffer = new GrowingBuffer(heap);
  const total = HEAD_NAMES.reduce((sum, name) => sum + heads[name].size, 0);
  let at = buffer.reserve(2 * 4 * total);
  const place = (name: keyof Tensors) => {
    const pointer = at;
    at += 4 * heads[name].size;
    return pointer;
  };
  try {
    const values = byHead(place);
    const slopes = byHead(place);
    for (const name of HEAD_NAMES) {
      float32View(heap, values[name], heads[name].size).set(heads[name].dataSync<'float32'>());
    }
    compute(values, slopes);
    return byHead((name) => {
      const { size, shape } = heads[name];
      return tf.tensor3d(float32View(heap, slopes[name], size).slice(), shape);
    });
  } finally {
    buffer.dispose();
  }
}

/** Returns whether the current backend keeps its tensors in this heap. */
function sharesHeap(heap: Heap): boolean {
  if (tf.getBackend() !== 'wasm') return false;
  const { wasm } = tf.backend() as unknown as { wasm: { HEAPU8: Uint8Array } };
  return wasm.HEAPU8.buffer === heap.memory.buffer;
}

function checkShapes(loss: DetectionLoss, heads: Tensors, images: number): void {
  const shapes = headShapes(images, loss.anchors, loss.classes + 1);
  for (const name of HEAD_NAMES) {
    const expected = shapes[name];
    if (expected.join() === heads[name].shape.join()) continue;
    throw new RefineDetError(
      'INVALID_ARGUMENT',
      `${name} has shape [${heads[name].shape}], expected [${expected}]`,
    );
  }
}
