import { describe, expect, it } from 'vitest';
import { resolveDetectOptions } from '../../src/detection/detect-options.ts';

const CLASSES = ['ant', 'bee', 'cat'];
const resolve = (options: object) => resolveDetectOptions(options, { classes: CLASSES });
const image = { width: 2000, height: 1000 };
const input = { width: 320, height: 320 };

describe('detect options', () => {
  it('use one view of the whole image and a score threshold of 0.5 by default', () => {
    const { views, merge, postprocess, maxDetections } = resolve({});
    expect(views(image, input)).toHaveLength(1);
    expect(merge).toBeUndefined();
    expect(postprocess.scoreThreshold).toBe(0.5);
    expect(maxDetections).toBe(500);
  });

  it('let weak candidates vote in multi-scale testing, once, in the union', () => {
    const { postprocess, merge } = resolve({ multiScale: true, softNms: 'linear' });
    expect(postprocess).toMatchObject({ scoreThreshold: 0.01, boxVoting: false, softNms: false });
    expect(merge).toMatchObject({
      scoreThreshold: 0.5,
      postprocess: { scoreThreshold: 0.01, boxVoting: true, softNms: 'linear' },
    });
    expect(resolve({ multiScale: true, boxVoting: false }).merge).toMatchObject({
      scoreThreshold: 0.5,
      postprocess: { scoreThreshold: 0.5, boxVoting: false },
    });
  });

  it('decay the scores of tiles once, in the union', () => {
    const { postprocess, merge } = resolve({ tiles: true, softNms: 'gaussian' });
    expect(postprocess.softNms).toBe(false);
    expect(merge?.postprocess.softNms).toBe('gaussian');
  });

  it('accept a number as the side of a tile', () => {
    const sides = resolve({ tiles: 500 }).views(image, input).slice(1);
    expect(new Set(sides.map(({ crop }) => crop.width))).toEqual(new Set([500]));
  });

  it('keep and deny classes', () => {
    const mask = (classes: unknown) => [...resolve({ classes }).postprocess.classMask!];
    expect(mask(['cat'])).toEqual([0, 0, 1]);
    expect(mask({ deny: ['cat'] })).toEqual([1, 1, 0]);
    expect(mask({ allow: ['ant', 'cat'], deny: ['cat'] })).toEqual([1, 0, 0]);
    expect(mask({ allow: undefined, deny: undefined })).toEqual([1, 1, 1]);
  });

  it.each([
    [null, 'options must be an object, not null'],
    [{ tile: true }, 'unknown option "tile" (did you mean "tiles"?)'],
    [{ tiles: 0 }, 'tiles.size must be a whole number from 64, not 0'],
    [{ tiles: '640' }, 'tiles must be true, false, a number of pixels or an object, not "640"'],
    [{ tiles: { sise: 640 } }, 'unknown option "tiles.sise" (did you mean "size"?)'],
    [{ multiScale: 2 }, 'multiScale must be true, false or an object, not 2'],
    [{ multiScale: { flips: true } }, 'unknown option "multiScale.flips"'],
    [{ classes: 'cat' }, 'classes must be a list of names or { allow, deny }, not "cat"'],
    [{ classes: { alow: ['cat'] } }, 'unknown option "classes.alow" (did you mean "allow"?)'],
    [{ classes: [2] }, 'classes.allow must be a list of names, not [2]'],
    [{ maxDetections: 0 }, 'maxDetections must be a whole number from 1, not 0'],
    [{ maxPixels: 1.5 }, 'maxPixels must be a whole number from 1, not 1.5'],
    [{ fastDecode: 1 }, 'fastDecode must be true or false, not 1'],
    [{ signal: 'stop' }, 'signal must be an AbortSignal, not "stop"'],
    [{ onTimings: true }, 'onTimings must be a function, not true'],
  ])('refuse %j', (options, message) => {
    const attempt = () => resolve(options as object);
    expect(attempt).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
    expect(attempt).toThrow(message);
  });
});
