/** The same image gives the same boxes and scores, to the last bit: see docs/reliability.md. */
import { beforeAll, describe, expect, it } from 'vitest';
import { inProcess } from '../backend/processes.ts';

/** Digests of detections as JSON, which writes numbers so that they read back to the same bits. */
interface Answers {
  threads: number;
  /** Digests for whole images, tiles, several scales and soft suppression. */
  first: string[];
  /** Digests of the same detector after other images, options and a failed call. */
  again: string[];
  /** Digests of a second detector, created while the first one exists. */
  other: string[];
  /** Digests by path, URL, bytes and pixels. */
  inputs: string[];
}

async function answersOf(threads: number): Promise<Answers> {
  const { stdout } = await inProcess(
    `
    const { readFile } = await import('node:fs/promises');
    const { pathToFileURL } = await import('node:url');
    const { RefineDet } = await import('./src/index.ts');
    const { randomModel } = await import('./support/models/random-model.ts');
    const { decodeImage } = await import('./src/image/node/decode.ts');
    const [cat, astronaut] = ['examples/cat.jpg', 'examples/astronaut.jpg'];
    const weak = { scoreThreshold: 0.01 };
    const jobs = [weak, { ...weak, tiles: 300 }, { ...weak, multiScale: true }, { ...weak, softNms: 'linear' }];
    const { createHash } = await import('node:crypto');
    const answer = async (detector, image, options) => {
      const boxes = await detector.detect(image, options);
      return boxes.length + ' boxes ' + createHash('sha256').update(JSON.stringify(boxes)).digest('hex');
    };
    const answers = async (detector) => {
      const list = [];
      for (const options of jobs) list.push(await answer(detector, cat, options));
      return list;
    };
    const detector = await RefineDet.load(randomModel(), { threads: ${threads} });
    const first = await answers(detector);
    await detector.detect(astronaut, { tiles: 256 });
    await detector.detect(new Uint8Array([1, 2, 3])).catch(() => {});
    await Promise.all([astronaut, cat, astronaut].map((image) => detector.detect(image)));
    const again = await answers(detector);
    const second = await RefineDet.load(randomModel(), { threads: ${threads} });
    const other = await answers(second);
    const bytes = new Uint8Array(await readFile(cat));
    const sources = [cat, pathToFileURL(cat), bytes, await decodeImage(bytes)];
    const inputs = [];
    for (const source of sources) inputs.push(await answer(detector, source, weak));
    console.log(JSON.stringify({ threads: detector.threads, first, again, other, inputs }));
    second.dispose();
    detector.dispose();`,
    280_000,
  );
  return JSON.parse(stdout) as Answers;
}

describe('detections are the same bits', { timeout: 300_000 }, () => {
  let one: Answers;
  let two: Answers;
  beforeAll(async () => {
    [one, two] = await Promise.all([1, 2].map(answersOf));
  }, 300_000);

  it('and differ between options, so that the comparison means something', () => {
    expect(new Set(one.first).size).toBe(one.first.length);
    for (const answer of one.first) expect(Number.parseInt(answer, 10)).toBeGreaterThan(100);
    expect([one.threads, two.threads]).toEqual([1, 2]);
  });

  it('in repeated calls, with other detections in between', () => {
    expect(one.again).toEqual(one.first);
    expect(two.again).toEqual(two.first);
  });

  it('by another detector', () => {
    expect(one.other).toEqual(one.first);
    expect(two.other).toEqual(two.first);
  });

  it('in another process, with another number of threads', () => {
    expect(two.first).toEqual(one.first);
  });

  it('from a path, a URL, bytes and pixels', () => {
    expect(new Set([...one.inputs, ...two.inputs, one.first[0]]).size).toBe(1);
  });
});
