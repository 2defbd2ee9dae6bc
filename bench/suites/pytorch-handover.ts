/**
 * Writes what another program needs to make the first training step of a run: the network, its weights,
 * the batch and its targets, and what our own step computes from them, to compare with.
 *
 * - `step.json`: the layer graph, the trained parameters with their rates, the options of loss and optimizer,
 *   the parts of our loss
 * - `model.safetensors`: the model, as the package writes it
 * - `batch.safetensors`: `input` [B, side, side, 3]; by module (arm, odm) `labels` [B, N], the class of an
 *   anchor, 0 for background that may be mined, -1 for neither, and `offsets` [B, N, 4], the targets of the
 *   positives; our heads [B, N, width]; our gradients as `gradient.<parameter>`
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { anchorGrid } from '../../src/anchors.ts';
import { byHead, HEAD_NAMES, headShapes } from '../../src/heads.ts';
import { float32View } from '../../src/kernels/heap.ts';
import { levelShapes } from '../../src/model/summary.ts';
import { SampleMaker } from '../../src/training/data/sample-maker.ts';
import { Sampler } from '../../src/training/data/sampling.ts';
import { sampleWeights } from '../../src/training/data/training-set.ts';
import { learning } from '../../src/training/devices/device.ts';
import { HeapDevice } from '../../src/training/devices/heap-device.ts';
import { DetectionLoss, NEGATIVE } from '../../src/training/loss/detection-loss.ts';
import type { Truth } from '../../src/training/loss/truth.ts';
import { layOutParameters, writeWeights } from '../../src/training/memory/parameter-layout.ts';
import { TrainPlan } from '../../src/training/run/run-plan.ts';
import { trainingRuntime } from '../../src/training/training-runtime.ts';
import { writeModel } from '../../src/weights/model-file.ts';
import { type TensorWriter, writeSafetensors } from '../../src/weights/safetensors.ts';
import { decideTargets, type ModuleTargets } from '../../support/reference/reference-loss.ts';
import { startTraining, type TrainingLoad, type TrainingStart } from '../training-setup.ts';

type Arrays = Map<string, { shape: readonly number[]; data: Float32Array }>;

/** @param job `folder` receives the files */
export default async function handOver(job: TrainingLoad & { folder: string }): Promise<void> {
  const { folder, side } = job;
  const start = await startTraining(folder, job);
  const { config, model, data } = start;
  const sampler = new Sampler(sampleWeights(data.train, config.sampling), config.seed);
  const plan = new TrainPlan(config, model.graph, sampler);
  const rates = plan.layerRates(0);
  const frozen = new Set([...rates].filter(([, rate]) => rate === 0).map(([layer]) => layer));
  const { tensors, losses } = await firstStep(start, plan, frozen, side);
  const { parameters } = layOutParameters(model.graph);
  const { kind, ...optimizer } = config.optimizer;
  if (kind !== 'adamw') throw new Error(`no program has the optimizer ${kind}`);
  const step = {
    graph: model.graph,
    parameters: learning(parameters, frozen).map(({ name, layer, decays }) => ({
      name,
      learningRate: plan.learningRate(0) * (rates.get(layer) ?? 1),
      weightDecay: decays ? optimizer.weightDecay : 0,
    })),
    loss: config.loss,
    optimizer,
    losses,
  };
  writeFileSync(path.join(folder, 'step.json'), JSON.stringify(step));
  writeFileSync(path.join(folder, 'model.safetensors'), await writeModel(model));
  const writers = [...tensors].map(([name, tensor]) => [name, writer(tensor)] as const);
  writeFileSync(path.join(folder, 'batch.safetensors'), writeSafetensors(new Map(writers), {}));
}

/** The first step of a run, in the classes of the trainer, but with the whole batch in this thread. */
async function firstStep(
  { config, model, data }: TrainingStart,
  plan: TrainPlan,
  frozen: ReadonlySet<string>,
  side: number,
): Promise<{ tensors: Arrays; losses: object }> {
  const { graph } = model;
  const { heap, kernels } = await trainingRuntime(1);
  const anchors = anchorGrid(levelShapes(graph, side, side), side, side, model.config.anchors);
  const [images, count] = [config.batch, anchors.length / 4];
  const slot = new HeapDevice(model, heap).slot({ images, side, anchors: count });
  const samples = new SampleMaker(kernels, { ...config, model, images: data.train.images });
  const truths: Truth[] = [];
  for (const [i, draw] of plan.batches(0)[0].entries()) {
    const target = { pointer: slot.input + 12 * i * side ** 2, width: side, height: side };
    truths.push(await samples.make(draw, target, console.warn));
  }
  const layout = layOutParameters(graph);
  const weights = new Float32Array(layout.length);
  writeWeights(weights, layout, model.weights);
  const pass = await slot.forward(weights, frozen);
  const loss = new DetectionLoss(kernels, anchors, graph.numClasses - 1, config.loss);
  const losses = loss.compute(pass.heads, truths, slot.gradients);
  const tensors: Arrays = new Map();
  const copy = (name: string, shape: readonly number[], pointer: number) => {
    const size = shape.reduce((product, length) => product * length, 1);
    tensors.set(name, { shape, data: float32View(heap, pointer, size).slice() });
  };
  copy('input', [images, side, side, 3], slot.input);
  const shapes = headShapes(images, count, graph.numClasses);
  for (const name of HEAD_NAMES) copy(name, shapes[name], pass.heads[name]);
  const heads = byHead((name) => tensors.get(name)!.data);
  const targets = decideTargets(heads, anchors, truths, config.loss);
  for (const module of ['arm', 'odm'] as const) {
    const { labels, offsets } = toArrays(targets[module], loss.matches(module));
    tensors.set(`${module}.labels`, { shape: [images, count], data: labels });
    tensors.set(`${module}.offsets`, { shape: [images, count, 4], data: offsets });
  }
  const gradients = new Float32Array(layout.length);
  await pass.differentiate(gradients);
  for (const { name, shape, offset, length } of learning(layout.parameters, frozen)) {
    tensors.set(`gradient.${name}`, { shape, data: gradients.slice(offset, offset + length) });
  }
  return { tensors, losses };
}

/** @param matches of all anchors, for those that are background */
function toArrays({ positives }: ModuleTargets, matches: Int32Array) {
  const labels = Float32Array.from(matches, (match) => (match === NEGATIVE ? 0 : -1));
  const offsets = new Float32Array(4 * matches.length);
  for (const positive of positives) {
    labels[positive.row] = positive.label;
    offsets.set(positive.offsets, 4 * positive.row);
  }
  return { labels, offsets };
}

function writer({ shape, data }: { shape: readonly number[]; data: Float32Array }): TensorWriter {
  const write = (target: Uint8Array) =>
    target.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return { dtype: 'F32', shape, write };
}
