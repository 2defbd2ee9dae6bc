/**
 * Post-processing of realistic head outputs: the kernels against the same algorithm in plain
 * TypeScript on typed arrays, and against tfjs operations with nonMaxSuppressionAsync a class. Both
 * start from where a wasm backend leaves its outputs.
 *
 *     npx tsx --conditions=refinedet-source bench/postprocess.ts
 */
import * as tf from '@tensorflow/tfjs-core';
import { tensorPointer, wasmRuntime } from '../src/backend/wasm.ts';
import { POSTPROCESS_DEFAULTS } from '../src/kernels/options.ts';
import { PostProcessor } from '../src/kernels/postprocess.ts';
import { ReferencePostprocessor } from '../test/reference/postprocess.ts';
import { makeScene, type Scene } from '../test/reference/scene.ts';
import { tfjsPostprocess, uploadScene } from './baselines/tfjs-postprocess.ts';
import { measure, printTimings } from './harness.ts';

const { kernels } = await wasmRuntime(1);

for (const { name, inputSize, classes } of [
  { name: 'RefineDet320, VOC', inputSize: 320, classes: 20 },
  { name: 'RefineDet512, COCO', inputSize: 512, classes: 80 },
]) {
  const scene = makeScene({ inputSize, classes });
  const { heads, anchors } = scene;
  const tensors = uploadScene(scene);
  const processor = new PostProcessor(kernels, anchors, classes);
  const reference = new ReferencePostprocessor(anchors.length / 4, classes);
  const pointers = () => [
    {
      anchors: anchors.length / 4,
      armLoc: tensorPointer(tensors.armLoc),
      armConf: tensorPointer(tensors.armConf),
      odmLoc: tensorPointer(tensors.odmLoc),
      odmConf: tensorPointer(tensors.odmConf),
    },
  ];
  const cases = [
    { name: 'kernels', run: () => processor.run(pointers()) },
    { name: 'kernels, heads copied in', run: () => processor.runArrays([heads]) },
    {
      name: 'plain TypeScript',
      run: () => reference.run(heads, anchors, POSTPROCESS_DEFAULTS),
    },
    { name: 'tfjs', run: () => tfjsPostprocess(tensors, POSTPROCESS_DEFAULTS) },
  ];
  printTimings(`${name}: ${await describe(scene, cases)}`, await measure(cases));
  processor.dispose();
  tf.dispose(Object.values(tensors));
}

/** What the scene holds; all cases must find the same number of detections. */
async function describe(
  { heads, anchors }: Scene,
  cases: readonly { name: string; run: () => { count: number } | Promise<{ count: number }> }[],
): Promise<string> {
  const counts = await Promise.all(cases.map(async ({ run }) => (await run()).count));
  if (new Set(counts).size > 1) throw new Error(`detections differ: ${counts.join(', ')}`);
  const margin = Math.log(0.01 / 0.99);
  let alive = 0;
  for (let i = 0; i < anchors.length / 4; i++) {
    if (heads.armConf[2 * i + 1] - heads.armConf[2 * i] >= margin) alive++;
  }
  const count = anchors.length / 4;
  return `${count} anchors, ${((100 * alive) / count).toFixed(1)} % alive, ${counts[0]} detections`;
}
