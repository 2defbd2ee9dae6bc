/** node refinedet.mjs MODEL IMAGE COUNT: detects COUNT times; reports the time of the first, and memory. */
import { readFile } from 'node:fs/promises';
import { RefineDet } from 'refinedet';
import { report } from './report.mjs';

const [model, image, count] = process.argv.slice(2);
const detector = await RefineDet.load(model, { threads: 1 });
const bytes = await readFile(image);
await report(() => detector.detect(bytes), Number(count));
