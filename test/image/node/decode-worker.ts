/** Decodes the images that it receives and answers with their sizes. */
import { parentPort, workerData } from 'node:worker_threads';
import { decodeImage } from '../../../src/image/node/decode.ts';

const sizes: string[] = [];
for (const bytes of workerData as Uint8Array[]) {
  const { width, height } = await decodeImage(bytes);
  sizes.push(`${width}×${height}`);
}
parentPort?.postMessage(sizes);
