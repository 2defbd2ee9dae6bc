/**
 * Gradients on the wasm backend, one thread: the layer kernels against tfjs' own kernels and against
 * the same training step composed of tfjs operations. All ratios are from one run, measured in turns.
 *
 *     npx tsx --conditions=refinedet-source bench/gradients.ts [peak] [conv] [kernels] [step] [inference]
 *
 * Names select sections; without names, all run.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { HeadMap } from '../src/heads.ts';
import { runLayerKernel } from '../src/kernels/layers/index.ts';
import { runGradientKernel } from '../src/kernels/training/index.ts';
import { convGeometry, depthwiseGeometry } from '../src/model/geometry.ts';
import type { ConvLayer } from '../src/model/graph.ts';
import { disposeHeads, Network } from '../src/model/network.ts';
import { presetGraph } from '../src/model/presets.ts';
import {
  convFilterGradient,
  convInputGradient,
} from '../src/training/gradients/convolution-gradient.ts';
import { TrainableNetwork } from '../src/training/gradients/trainable-network.ts';
import { trainingRuntime } from '../src/training/training-runtime.ts';
import { withoutLayerKernels } from '../support/models/layer-kernels.ts';
import { randomWeights } from '../support/models/random-weights.ts';
import '../support/tfjs-gradients.ts';
import { type Case, markdownTable, measure, printTimings, significant } from './harness.ts';
import { peakCase } from './peak.ts';

function random(shape: number[]): tf.Tensor4D {
  return tf.randomUniform(shape as [number, number, number, number], -1, 1);
}

/** Runs, and disposes the results. */
const free = (run: () => tf.Tensor | tf.Tensor[]) => () => tf.dispose(run());

async function peak(): Promise<void> {
  const { run, flops } = await peakCase();
  const [{ median }] = await measure([{ name: 'peak', run }]);
  console.log(`\npeak of f32x4 multiply and add: ${(flops / median / 1e6).toFixed(1)} GFLOP/s`);
}

/** The input and filter gradients of a 3×3 convolution, 256 to 256 channels, on a 40×40 map. */
async function convolution(): Promise<void> {
  const layer = plainConv(256, 3);
  const x = random([1, 40, 40, 256]);
  const filter = random([3, 3, 256, 256]);
  const dy = random([1, 40, 40, 256]);
  const geometry = convGeometry(x.shape, layer);
  const input = free(() => convInputGradient(dy, filter, geometry));
  const weights = free(() => convFilterGradient(x, dy, geometry));
  const attributes = { strides: 1, pad: 'same', dataFormat: 'NHWC', inputShape: x.shape };
  const stock = free(
    () =>
      tf
        .engine()
        .runKernel(tf.Conv2DBackpropInput, { dy, filter }, attributes as never) as tf.Tensor,
  );
  const cases: Case[] = [
    { name: 'input gradient, kernel', run: input },
    { name: 'input gradient, composed', run: () => withoutLayerKernels(input) },
    { name: 'input gradient, tfjs', run: stock },
    { name: 'filter gradient, kernel', run: weights },
    { name: 'filter gradient, composed (tfjs has none)', run: () => withoutLayerKernels(weights) },
  ];
  printTimings('3×3 convolution, 256 → 256 at 40×40', await measure(cases, { rounds: 5 }));
  tf.dispose([x, filter, dy]);
}

function plainConv(filters: number, kernel: number, stride = 1): ConvLayer {
  const names = { op: 'conv', name: '', input: '' } as const;
  return { ...names, filters, kernel, stride, dilation: 1, padding: 'same' };
}

/** [map, filters, kernel, stride] of typical layers of the light preset, batch 4. */
const CONVOLUTIONS = [
  [[4, 40, 40, 192], 128, 1, 1],
  [[4, 20, 20, 64], 384, 1, 1],
  [[4, 20, 20, 576], 96, 1, 1],
  [[4, 10, 10, 160], 960, 1, 1],
  [[4, 10, 10, 1280], 256, 1, 1],
  [[4, 10, 10, 256], 512, 3, 2],
  [[4, 40, 40, 128], 21, 1, 1],
] as const;

const DEPTHWISE = [
  [[4, 40, 40, 128], 1],
  [[4, 20, 20, 576], 1],
  [[4, 40, 40, 192], 2],
] as const;

/** GFLOP/s of forward, input gradient and filter gradient, packing included. */
async function kernels(): Promise<void> {
  const unlimited = { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };
  const rows: string[][] = [];
  for (const [shape, filters, kernel, stride] of CONVOLUTIONS) {
    const x = random([...shape]);
    const filter = random([kernel, kernel, shape[3], filters]);
    const geometry = convGeometry(x.shape, plainConv(filters, kernel, stride));
    const { outHeight, outWidth } = geometry;
    const dy = random([shape[0], outHeight, outWidth, filters]);
    const forward = () => {
      const packed = runLayerKernel('packFilter', { filter }, { layout: 'forward' });
      const y = runLayerKernel('conv', { x, filter: packed }, { geometry, ...unlimited });
      return [packed, y];
    };
    const flops = 2 * dy.size * kernel ** 2 * shape[3];
    const name = `${kernel}×${kernel}${stride > 1 ? `/${stride}` : ''}, [${shape}] → ${filters}`;
    rows.push(
      await speeds(name, flops, [
        free(forward),
        () => tf.tidy(() => void convInputGradient(dy, filter, geometry)),
        free(() => convFilterGradient(x, dy, geometry)),
      ]),
    );
    tf.dispose([x, filter, dy]);
  }
  for (const [shape, stride] of DEPTHWISE) {
    const x = random([...shape]);
    const filter = random([3, 3, shape[3], 1]);
    const bias = tf.zeros([shape[3]]);
    const layer = {
      op: 'depthwise',
      name: '',
      input: '',
      kernel: 3,
      stride,
      padding: 'same',
    } as const;
    const geometry = depthwiseGeometry(x.shape, layer);
    const dy = random([shape[0], geometry.outHeight, geometry.outWidth, shape[3]]);
    rows.push(
      await speeds(`depthwise 3×3/${stride}, [${shape}]`, 18 * dy.size, [
        free(() => runLayerKernel('depthwise', { x, filter, bias }, { geometry, ...unlimited })),
        free(() => runGradientKernel('depthwiseInputGradient', { dy, filter }, { geometry })),
        free(() => runGradientKernel('depthwiseFilterGradient', { x, dy }, { geometry })),
      ]),
    );
    tf.dispose([x, filter, bias, dy]);
  }
  console.log('\nGFLOP/s, packing included\n');
  console.log(markdownTable(['layer', 'forward', 'input gradient', 'filter gradient'], rows));
}

async function speeds(name: string, flops: number, runs: (() => void)[]): Promise<string[]> {
  const cases = runs.map((run, i) => ({ name: `${i}`, run }));
  const timings = await measure(cases, { rounds: 7, roundMs: 10 });
  return [name, ...timings.map(({ median }) => (flops / median / 1e6).toFixed(1))];
}

const CLASSES = 6;
const BATCH = 2;
const SIZE = 320;
/** Everything before block6 stays frozen. */
const frozen = (layer: string) => /^(stem|block[0-5])(\.|$)/.test(layer);

/** Forward and backward of the light preset, block6 and up trained; no loss, no optimizer. */
async function trainingStep(): Promise<void> {
  const graph = presetGraph('refinedet320-mobilenet', CLASSES);
  const weights = randomWeights(graph, 1);
  const fast = new TrainableNetwork(graph, weights);
  const composing = new TrainableNetwork(graph, weights);
  const input = random([BATCH, SIZE, SIZE, 3]);
  const { heads, dispose } = fast.record(input, { frozen });
  dispose();
  const gradients = heads; // any values work
  const explicit = (network: TrainableNetwork) => {
    const recording = network.record(input, { frozen });
    tf.dispose([...recording.gradients(gradients).values()]);
    disposeJoined(recording.heads);
  };
  const taped = () => {
    const loss = () => {
      const parts = network(fast.forward(input, { frozen }));
      return tf.sum(tf.concat(parts)) as tf.Scalar;
    };
    const { value, grads } = tf.variableGrads(loss);
    tf.dispose([value, ...Object.values(grads)]);
  };
  const network = ({ armLoc, armConf, odmLoc, odmConf }: HeadMap<tf.Tensor3D>) =>
    [armLoc, armConf, odmLoc, odmConf].map((head) => tf.reshape(head, [-1]));
  const cases: Case[] = [
    { name: 'kernels', run: () => explicit(fast) },
    { name: 'kernels, by tf.variableGrads', run: taped },
    {
      name: 'composed of tfjs operations',
      run: () => withoutLayerKernels(() => explicit(composing)),
    },
  ];
  const timings = await measure(cases, { rounds: 3, roundMs: 1 });
  printTimings(`training step at ${SIZE} px, batch ${BATCH}, block6 and up`, timings);
  console.log(`\nkernels: ${significant(timings[0].median / BATCH)} ms per image`);
  fast.dispose();
  composing.dispose();
  input.dispose();
  disposeJoined(heads);
}

function disposeJoined({ armLoc, armConf, odmLoc, odmConf }: HeadMap<tf.Tensor3D>): void {
  tf.dispose([armLoc, armConf, odmLoc, odmConf]);
}

/** Forward pass of detection on one image. */
async function inference(): Promise<void> {
  const graph = presetGraph('refinedet320-mobilenet', CLASSES);
  const weights = randomWeights(graph, 1);
  const kernels = new Network(graph, weights);
  const stock = await withoutLayerKernels(() => new Network(graph, weights));
  const input = random([1, SIZE, SIZE, 3]);
  const cases = [
    { name: 'kernels', run: () => disposeHeads(kernels.forward(input)) },
    { name: 'tfjs', run: () => disposeHeads(stock.forward(input)) },
  ];
  printTimings(
    `refinedet320-mobilenet, forward at ${SIZE} px`,
    await measure(cases, { rounds: 9 }),
  );
  kernels.dispose();
  stock.dispose();
  input.dispose();
}

const SECTIONS = { peak, conv: convolution, kernels, step: trainingStep, inference };
type Section = keyof typeof SECTIONS;

await trainingRuntime(1);
const chosen = process.argv.slice(2) as Section[];
for (const name of Object.keys(SECTIONS) as Section[]) {
  if (chosen.length === 0 || chosen.includes(name)) await SECTIONS[name]();
}
