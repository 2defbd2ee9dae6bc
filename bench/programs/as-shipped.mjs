/** node as-shipped.mjs - IMAGE COUNT: like refinedet.mjs, with the default model and default threads. */
import { readFile } from 'node:fs/promises';
import { RefineDet } from 'refinedet';
import { report } from './report.mjs';

const [, image, count] = process.argv.slice(2);
const detector = await RefineDet.load();
const bytes = await readFile(image);
await report(() => detector.detect(bytes), Number(count));
