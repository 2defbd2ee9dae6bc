/** Loads and disposes detectors. */
import { RefineDet } from '../../src/index.ts';
import { isSampleDue, processSample, report, type Sample } from './samples.ts';

const IMAGE = 'examples/cat.jpg';
/** Interval of detectors that also detect. */
const DETECT_EVERY = 20;

export async function soakLoads(total: number): Promise<string> {
  const samples: Sample[] = [];
  const found = new Set<string>();
  const start = performance.now();
  for (let done = 0; done <= total; done++) {
    const detector = await RefineDet.load();
    if (done % DETECT_EVERY === 0) found.add(JSON.stringify(await detector.detect(IMAGE)));
    detector.dispose();
    if (isSampleDue(done, total)) samples.push(processSample(done, detector.heapBytes));
  }
  const ms = (performance.now() - start) / total;
  const title = `${total} detectors loaded and disposed, ${ms.toFixed(0)} ms each; ${found.size} different result(s) for one image`;
  return report(title, 'loads', samples);
}
