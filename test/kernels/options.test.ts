import { describe, expect, it } from 'vitest';
import {
  POSTPROCESS_DEFAULTS,
  resolvePostprocessOptions,
} from '../../src/kernels/postprocess-options.ts';

describe('resolvePostprocessOptions', () => {
  it("fills in the released code's values", () => {
    expect(resolvePostprocessOptions()).toEqual(POSTPROCESS_DEFAULTS);
    expect(resolvePostprocessOptions({ topK: undefined, nmsThreshold: 0.6 })).toEqual({
      ...POSTPROCESS_DEFAULTS,
      nmsThreshold: 0.6,
    });
    expect(POSTPROCESS_DEFAULTS).toMatchObject({
      objectnessThreshold: 0.01,
      scoreThreshold: 0.01,
      topK: 1000,
      nmsThreshold: 0.45,
      keepTopK: 500,
    });
  });

  it('accepts the ends of every range', () => {
    const options = {
      objectnessThreshold: 0,
      scoreThreshold: 1,
      nmsThreshold: 1,
      softNmsThreshold: 0,
      boxVotingThreshold: 0,
      topK: 1,
      keepTopK: 2 ** 31 - 1,
      softNms: 'gaussian' as const,
      softNmsSigma: 1e-9,
      classMask: new Uint8Array(3),
    };
    expect(resolvePostprocessOptions(options)).toEqual({ ...POSTPROCESS_DEFAULTS, ...options });
  });

  it.each([
    [{ nmsTreshold: 0.5 }, 'unknown option "nmsTreshold" (did you mean "nmsThreshold"?)'],
    [{ foo: 1 }, 'unknown option "foo"'],
    [{ scoreThreshold: 1.5 }, 'scoreThreshold must be a number from 0 to 1, not 1.5'],
    [{ scoreThreshold: NaN }, 'scoreThreshold must be a number from 0 to 1, not NaN'],
    [{ scoreThreshold: null }, 'scoreThreshold must be a number from 0 to 1, not null'],
    [{ objectnessThreshold: '0.5' }, 'objectnessThreshold must be a number from 0 to 1, not "0.5"'],
    [{ nmsThreshold: -0.1 }, 'nmsThreshold must be a number from 0 to 1, not -0.1'],
    [{ softNmsThreshold: 2 }, 'softNmsThreshold'],
    [{ boxVotingThreshold: 2 }, 'boxVotingThreshold'],
    [{ topK: 0 }, 'topK must be a whole number from 1, not 0'],
    [{ keepTopK: 1.5 }, 'keepTopK must be a whole number from 1, not 1.5'],
    [{ keepTopK: 2 ** 31 }, 'keepTopK'],
    [{ softNms: true }, 'softNms must be false, "linear" or "gaussian", not true'],
    [{ softNmsSigma: 0 }, 'softNmsSigma must be a number above 0, not 0'],
    [{ softNmsSigma: Infinity }, 'softNmsSigma'],
    [{ agnostic: 1 }, 'agnostic must be true or false, not 1'],
    [{ boxVoting: 'yes' }, 'boxVoting must be true or false, not "yes"'],
    [{ refineAnchors: 0 }, 'refineAnchors must be true or false, not 0'],
    [{ classMask: [1] }, 'classMask must be a Uint8Array'],
  ])('refuses %j', (options, message) => {
    const attempt = () => resolvePostprocessOptions(options as object);
    expect(attempt).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
    expect(attempt).toThrow(message);
  });

  it('ignores the names of its caller, and suggests them', () => {
    const options = { signal: 1, nmsThreshold: 0.5 } as object;
    expect(resolvePostprocessOptions(options, ['signal'])).not.toHaveProperty('signal');
    expect(() => resolvePostprocessOptions({ signa: 1 } as object, ['signal'])).toThrow(
      'did you mean "signal"?',
    );
  });
});
