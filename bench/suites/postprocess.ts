/** From head outputs to detections. */
import * as tf from '@tensorflow/tfjs-core';
import { tensorPointer, wasmRuntime } from '../../src/backend/wasm.ts';
import { PostProcessor } from '../../src/kernels/postprocess.ts';
import { POSTPROCESS_DEFAULTS } from '../../src/kernels/postprocess-options.ts';
import { ReferencePostprocessor } from '../../support/reference/reference-postprocess.ts';
import { makeScene, type Scene } from '../../support/scenes/detection-scene.ts';
import { cocoSsdPostprocess } from '../baselines/coco-ssd-postprocess.ts';
import { tfjsPostprocess, uploadScene } from '../baselines/tfjs-postprocess.ts';
import { measure } from '../harness.ts';
import type { Group, RunOptions, Suite } from '../suite.ts';

const SIZES = [
  { title: 'VOC, 320 px', inputSize: 320, classes: 20 },
  { title: 'VOC, 512 px', inputSize: 512, classes: 20 },
  { title: 'COCO, 320 px', inputSize: 320, classes: 80 },
  { title: 'COCO, 512 px', inputSize: 512, classes: 80 },
];

export const suite: Suite = {
  title: 'Post-processing',
  about:
    'Softmax, filtering, two-step decoding and NMS of realistic seeded head outputs, one thread, ' +
    'starting from the outputs in the memory of the wasm backend. All cases except the last find the same ' +
    'detections: the same algorithm in plain TypeScript, and tfjs operations with one NMS per class. ' +
    'The last works like @tensorflow-models/coco-ssd: one NMS over the best class of every box, ' +
    'with at most 20 boxes, so its results differ.',
  async run(options) {
    const groups: Group[] = [];
    for (const size of SIZES) groups.push(await compare(size, options));
    return groups;
  },
};

type Case = { name: string; run: () => { count: number } | Promise<{ count: number }> };

async function compare(
  { title, inputSize, classes }: (typeof SIZES)[number],
  options: RunOptions,
): Promise<Group> {
  const { kernels } = await wasmRuntime(1);
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
  const equal: Case[] = [
    { name: 'kernels', run: () => processor.run(pointers()) },
    { name: 'kernels, heads copied in', run: () => processor.runArrays([heads]) },
    { name: 'plain TypeScript', run: () => reference.run(heads, anchors, POSTPROCESS_DEFAULTS) },
    { name: 'tfjs, NMS', run: () => tfjsPostprocess(tensors, POSTPROCESS_DEFAULTS, 'sync') },
    { name: 'tfjs, async NMS', run: () => tfjsPostprocess(tensors, POSTPROCESS_DEFAULTS, 'async') },
  ];
  await requireSame(equal);
  const cocoSsd = { name: 'as coco-ssd', run: () => cocoSsdPostprocess(tensors) };
  const cases = await measure([...equal, cocoSsd], options);
  processor.dispose();
  tf.dispose(Object.values(tensors));
  return { title: `${title}: ${describe(scene)}`, unit: 'ms', cases };
}

/** All cases must find the same number of detections. */
async function requireSame(cases: readonly Case[]): Promise<void> {
  const counts = await Promise.all(cases.map(async ({ run }) => (await run()).count));
  if (new Set(counts).size > 1) throw new Error(`detections differ: ${counts.join(', ')}`);
}

function describe({ heads, anchors }: Scene): string {
  const margin = Math.log(POSTPROCESS_DEFAULTS.objectnessThreshold / 0.99);
  const count = anchors.length / 4;
  let alive = 0;
  for (let i = 0; i < count; i++) {
    if (heads.armConf[2 * i + 1] - heads.armConf[2 * i] >= margin) alive++;
  }
  return `${count} anchors, ${((100 * alive) / count).toFixed(1)} % alive`;
}
