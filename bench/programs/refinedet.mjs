/** node refinedet.mjs MODEL PICTURE COUNT: detects COUNT times; tells when the first was done, and its memory. */
import { readFile } from 'node:fs/promises';
import { RefineDet } from '../../dist/index.js';
import { report } from './report.mjs';

const [model, picture, count] = process.argv.slice(2);
const detector = await RefineDet.load(model, { threads: 1 });
const bytes = await readFile(picture);
await report(() => detector.detect(bytes), Number(count));
