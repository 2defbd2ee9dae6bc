/** Prediction files that the evaluation reads. */
import { readCocoResults } from '../../../src/evaluation/coco-results.ts';
import type { Predictions } from '../../../src/evaluation/predictions.ts';
import { readVocResults } from '../../../src/evaluation/voc-results.ts';
import { makeDataset } from '../../evaluation/helpers.ts';
import { encoded, type FuzzTarget, require } from '../target.ts';
import { inputFolder } from './folder.ts';

const DATASET = makeDataset(['cat', 'dog'], new Map([[7, [['cat', [1, 2, 3, 4]]]]]));

function checkPredictions({ table, length }: Predictions): void {
  const finite = [table.score, table.box].every((column) => column.every(Number.isFinite));
  require(finite && table.box.length === 4 * length, 'numbers that are not finite');
}

const coco = inputFolder('results.json');
const cocoResults: FuzzTarget = {
  name: 'coco-results',
  seeds: () => [
    encoded('[{"image_id":7,"category_id":1,"bbox":[1,2,3,4],"score":0.5}]'),
    encoded('[\n{"score":1e-3,"bbox":[0,0,0,0],"category_id":2,"image_id":"7","x":{}}\n]'),
  ],
  words: ['"image_id":7', '"category_id":1', '"bbox":[1,2,3,4]', '"score":0.5', '{},'],
  folder: coco.folder,
  read: async (input) => checkPredictions(await readCocoResults(coco.write(input), DATASET)),
};

const voc = inputFolder('comp4_det_val_cat.txt');
const vocResults: FuzzTarget = {
  name: 'voc-results',
  seeds: () => [encoded('7 0.5 1 2 3 4\n\n7 1e-3 1.5 2.5 30 40\r\n')],
  words: ['7 0.5 1 2 3 4\n', ' ', '\t', '\r', '-0', '1e-5'],
  folder: voc.folder,
  read: async (input) => checkPredictions(await readVocResults(voc.write(input), DATASET)),
};

export const RESULT_TARGETS: readonly FuzzTarget[] = [cocoResults, vocResults];
