/**
 * Compares 8-bit with float inference of a calibrated model, network only, image by image in turns:
 *
 *     npx tsx --conditions=refinedet-source bench/int8.ts [MODEL] [THREADS] [PAIRS]
 *
 * MODEL is a calibrated model; default: `default`, that of the package.
 * Prints medians of the times and of the ratios of the pairs, and each 8-bit step's share.
 */
import * as tf from '@tensorflow/tfjs-core';
import { wasmRuntime } from '../src/backend/wasm.ts';
import { loadModel } from '../src/detection/load-model.ts';
import { foldBatchNorm } from '../src/model/fold.ts';
import { bindInt8 } from '../src/model/int8/bind.ts';
import { disposeHeads, Network } from '../src/model/network.ts';
import { markdownTable, quantile } from './harness.ts';

const [file, threads = '1', pairs = '40'] = process.argv.slice(2);

await wasmRuntime(Number(threads));
const { config, graph, weights, quantization } = await loadModel(file);
if (!quantization) throw new Error(`${file ?? 'the default model'} is not calibrated`);
const networks = [new Network(graph, weights), new Network(graph, weights, quantization)];
const shape: [number, number, number, number] = [1, config.inputHeight, config.inputWidth, 3];
const input = tf.randomUniform<tf.Rank.R4>(shape, -1, 1, 'float32', 1);
const WARM_UP = 5;

const ratios: number[] = [];
const times: [float: number[], int8: number[]] = [[], []];
for (let pair = -WARM_UP; pair < Number(pairs); pair++) {
  const ms = networks.map((network) => {
    const start = performance.now();
    disposeHeads(network.forward(input));
    return performance.now() - start;
  });
  if (pair < 0) continue;
  times[0].push(ms[0]);
  times[1].push(ms[1]);
  ratios.push(ms[0] / ms[1]);
}
const folded = foldBatchNorm(graph, weights);
const steps = bindInt8(folded.graph, folded.weights, quantization);
const perStep = steps.map((): number[] => []);
for (let round = 0; round < Number(pairs); round++) {
  const maps = new Map<string, tf.Tensor4D>([[graph.layers[0].name, input]]);
  for (const [i, { name, inputs, bound }] of steps.entries()) {
    const start = performance.now();
    maps.set(name, bound.run(inputs.map((map) => maps.get(map)!)));
    perStep[i].push(performance.now() - start);
  }
  tf.dispose([...maps.values()].filter((map) => map !== input));
}
const shares = perStep.map((list) => quantile(list, 0.25));
const total = shares.reduce((a, b) => a + b, 0);
const rows = steps.map(({ name }, i) => [
  name,
  shares[i].toFixed(2),
  ((100 * shares[i]) / total).toFixed(1),
]);
console.log(markdownTable(['8-bit step', 'ms', '% of all'], rows));
const [float, int8] = times.map((list) => quantile(list, 0.5).toFixed(1));
console.log(
  `\nNode ${process.version}, threads ${threads}: float ${float} ms, 8-bit ${int8} ms, median of paired ratios ${quantile(ratios, 0.5).toFixed(2)}`,
);
process.exit(0);
