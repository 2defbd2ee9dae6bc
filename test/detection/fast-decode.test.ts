import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resolveDetectOptions } from '../../src/detection/detect-options.ts';
import { RefineDet } from '../../src/detector.ts';
import { decodeImage } from '../../src/image/node/decode.ts';
import { readBytes } from '../../src/platform/node.ts';
import { randomModel } from '../../support/models/random-model.ts';

/** 512×512 pixels; the model below needs 128×128. */
const ASTRONAUT = fileURLToPath(new URL('../../examples/astronaut.jpg', import.meta.url));
/** Random weights give low scores. */
const ANY = { scoreThreshold: 0.05, keepTopK: 20 };

let detector: RefineDet;
beforeAll(async () => {
  detector = await RefineDet.load(randomModel(64), { threads: 1 });
});
afterAll(() => detector.dispose());

describe('fastDecode', () => {
  it.each([
    ['one view', ANY],
    // Scale 1 has no rule for the size of boxes in pixels.
    ['several views', { ...ANY, multiScale: { scales: [1] } }],
  ])('with %s: detects in fewer pixels, boxes are in those of the file', async (_, options) => {
    const enough = { width: 128, height: 128 };
    const { data, width, height } = await decodeImage(await readBytes(ASTRONAUT), { enough });
    expect([width, height]).toEqual([128, 128]);
    const expected = await detector.detect({ data, width, height, channels: 4 }, options);
    const found = await detector.detect(ASTRONAUT, { ...options, fastDecode: true });
    expect(found.length).toBeGreaterThan(5);
    expect(found).toHaveLength(expected.length);
    found.forEach(({ score, box }, i) => {
      expect(score).toBeCloseTo(expected[i].score, 5);
      for (const key of ['x', 'y', 'width', 'height'] as const) {
        expect(box[key]).toBeCloseTo(4 * expected[i].box[key], 2);
      }
    });
  });

  it('finds the same in a batch', async () => {
    const options = { ...ANY, fastDecode: true };
    const single = await detector.detect(ASTRONAUT, options);
    expect(await detector.detectBatch([ASTRONAUT, ASTRONAUT], options)).toEqual([single, single]);
  });

  it('changes nothing with tiles, and is off by default', async () => {
    const tiles = { ...ANY, tiles: 256 };
    expect(await detector.detect(ASTRONAUT, { ...tiles, fastDecode: true })).toEqual(
      await detector.detect(ASTRONAUT, tiles),
    );
    const whole = await decodeImage(await readBytes(ASTRONAUT));
    expect(await detector.detect(ASTRONAUT, ANY)).toEqual(await detector.detect(whole, ANY));
  });

  it('asks for twice the largest input of all views', () => {
    const enough = (options: object) =>
      resolveDetectOptions({ fastDecode: true, ...options }, detector.config).enough;
    const input = { width: 512, height: 320 };
    expect(enough({})(input)).toEqual({ width: 1024, height: 640 });
    expect(enough({ multiScale: true })(input)).toEqual({ width: 2304, height: 1408 });
    expect(enough({ multiScale: { scales: [0.6] } })(input)).toEqual({ width: 1024, height: 640 });
    expect(enough({ tiles: true })(input)).toBeUndefined();
    expect(enough({ fastDecode: false })(input)).toBeUndefined();
  });
});
