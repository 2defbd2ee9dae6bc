/** node as-shipped.mjs - PICTURE COUNT: as refinedet.mjs, with the package's model and threads of its choice. */
import { readFile } from 'node:fs/promises';
import { RefineDet } from '../../dist/index.js';
import { report } from './report.mjs';

const [, picture, count] = process.argv.slice(2);
const detector = await RefineDet.load();
const bytes = await readFile(picture);
await report(() => detector.detect(bytes), Number(count));
