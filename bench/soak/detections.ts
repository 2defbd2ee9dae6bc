/** Detections, one after another, in one process; the same images must give the same results to the end. */

import { toRawImage } from '../../src/detection/image-source.ts';
import { RefineDet } from '../../src/index.ts';
import { isSampleDue, processSample, report, type Sample } from './samples.ts';

const IMAGES = ['examples/cat.jpg', 'examples/astronaut.jpg', 'docs/photos/rocket.jpg'];
/** Interval of detections that start from the file instead of the pixels. */
const FILE_EVERY = 10;

export async function soakDetections(total: number): Promise<string> {
  const detector = await RefineDet.load();
  const pixels = await Promise.all(IMAGES.map((file) => toRawImage(file)));
  const expected = await Promise.all(
    IMAGES.map(async (file) => JSON.stringify(await detector.detect(file))),
  );
  const samples: Sample[] = [];
  let different = 0;
  const start = performance.now();
  for (let done = 0; done <= total; done++) {
    if (isSampleDue(done, total)) samples.push(processSample(done, detector.heapBytes));
    if (done === total) break;
    const i = done % IMAGES.length;
    const image = done % FILE_EVERY === 0 ? IMAGES[i] : pixels[i];
    if (JSON.stringify(await detector.detect(image)) !== expected[i]) different++;
  }
  const rate = (1000 * total) / (performance.now() - start);
  detector.dispose();
  const title = `${total} detections on ${detector.threads} thread(s), ${rate.toFixed(1)} per second; ${different} differ from the first result for their image`;
  return report(title, 'detections', samples);
}
