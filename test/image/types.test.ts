import { describe, expect, it } from 'vitest';
import { type RawImage, validateRawImage } from '../../src/image/raw-image.ts';

const image = (changes: object): RawImage => ({
  ...{ data: new Uint8Array(24), width: 4, height: 2, channels: 3 },
  ...changes,
});

describe('validateRawImage', () => {
  it('accepts gray, RGB and RGBA pixels', () => {
    validateRawImage(image({}));
    validateRawImage(image({ data: new Uint8ClampedArray(8), channels: 1 }));
    validateRawImage(image({ data: new Uint8Array(32), channels: 4 }));
  });

  const refusals: [object, string, string][] = [
    [{ width: 2.5 }, 'INVALID_ARGUMENT', 'x must have a whole number as width, not 2.5'],
    [{ height: -1 }, 'INVALID_ARGUMENT', 'x must have a whole number as height, not -1'],
    [{ channels: 2 }, 'INVALID_ARGUMENT', 'x must have 1, 3 or 4 channels, not 2'],
    [{ width: 0 }, 'IMAGE_EMPTY', 'x has no pixels: its size is 0×2'],
    [{ width: 5 }, 'INVALID_ARGUMENT', 'x of 5×2×3 needs 30 bytes, not 24'],
    [
      { data: [1, 2, 3] },
      'INVALID_ARGUMENT',
      'x must have data of type Uint8Array or Uint8ClampedArray',
    ],
  ];
  for (const [changes, code, message] of refusals) {
    it(`rejects ${JSON.stringify(changes)}`, () => {
      expect(() => validateRawImage(image(changes), 'x')).toThrow(
        expect.objectContaining({ code, message }),
      );
    });
  }
});
