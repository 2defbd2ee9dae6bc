import { describe, expect, it } from 'vitest';
import { resolveDetectOptions } from '../../src/detection/detect-options.ts';

const CLASSES = ['ant', 'bee', 'cat'];
const VGG = { classes: CLASSES, preset: 'refinedet320-vgg16' } as const;
const resolve = (options: object) => resolveDetectOptions(options, VGG);
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

  it('have the defaults of the model, else those of its preset, else those of the released code', () => {
    const light = { ...VGG, preset: 'refinedet320-mobilenet' } as const;
    const resolved = (options: object, model: Parameters<typeof resolveDetectOptions>[1]) =>
      resolveDetectOptions(options, model).postprocess;
    expect(resolved({}, VGG)).toMatchObject({ boxVoting: false, boxVotingThreshold: 0.45 });
    expect(resolved({}, light)).toMatchObject({ boxVoting: true, boxVotingThreshold: 0.7 });
    const own = { ...light, decoding: { boxVotingThreshold: 0.6, refineAnchors: false } };
    expect(resolved({}, own)).toMatchObject({
      boxVoting: true,
      boxVotingThreshold: 0.6,
      refineAnchors: false,
    });
    expect(resolved({ boxVoting: false, refineAnchors: true }, own)).toMatchObject({
      boxVoting: false,
      boxVotingThreshold: 0.6,
      refineAnchors: true,
    });
    expect(resolved({ boxVoting: undefined }, light).boxVoting).toBe(true);
    const unvoted = { ...light, decoding: { boxVoting: false } };
    const views = resolveDetectOptions({ multiScale: true }, unvoted);
    expect([views.postprocess.boxVoting, views.merge?.boxVoting]).toEqual([false, false]);
  });

  it('let weak candidates vote, whatever is reported', () => {
    for (const more of [{}, { tiles: true }]) {
      const { scoreThreshold, postprocess, merge } = resolve({ boxVoting: true, ...more });
      expect(scoreThreshold).toBe(0.5);
      expect([postprocess, merge ?? postprocess].map((o) => o.scoreThreshold)).toEqual([
        0.01, 0.01,
      ]);
    }
    expect(resolve({ boxVoting: true, scoreThreshold: 0 }).postprocess.scoreThreshold).toBe(0);
  });

  it('let weak candidates vote in multi-scale testing, once, in the union', () => {
    const { postprocess, merge } = resolve({ multiScale: true, softNms: 'linear' });
    expect(postprocess).toMatchObject({ scoreThreshold: 0.01, boxVoting: false, softNms: false });
    expect(merge).toMatchObject({ scoreThreshold: 0.01, boxVoting: true, softNms: 'linear' });
    const plain = resolve({ multiScale: true, boxVoting: false });
    expect(plain.merge).toMatchObject({ scoreThreshold: 0.5, boxVoting: false });
    expect([plain.scoreThreshold, resolve({ multiScale: true }).scoreThreshold]).toEqual([
      0.5, 0.5,
    ]);
  });

  it('decay the scores of tiles once, in the union', () => {
    const { postprocess, merge } = resolve({ tiles: true, softNms: 'gaussian' });
    expect(postprocess.softNms).toBe(false);
    expect(merge?.softNms).toBe('gaussian');
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
