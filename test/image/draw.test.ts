import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Detection } from '../../src/boxes.ts';
import { classColor } from '../../src/image/colors.ts';
import { drawDetections } from '../../src/image/draw.ts';
import { makeLabel, placeLabel } from '../../src/image/label.ts';
import type { RawImage } from '../../src/image/raw-image.ts';

function gray(width: number, height: number, channels: RawImage['channels'] = 3): RawImage {
  return { data: new Uint8Array(width * height * channels).fill(128), width, height, channels };
}

function detection(changes: Partial<Detection> = {}): Detection {
  return {
    ...{ label: 'cat', classId: 7, score: 0.93 },
    box: { x: 50, y: 60, width: 100, height: 80 },
    ...changes,
  };
}

function pixel({ data, width }: RawImage, x: number, y: number): number[] {
  return [...data.subarray((y * width + x) * 3, (y * width + x) * 3 + 3)];
}

/** Pixels that are neither gray nor darkened gray. */
function coloredPixels(image: RawImage): number {
  let count = 0;
  for (let i = 0; i < image.data.length; i += 3) {
    if (image.data[i] !== image.data[i + 1] || image.data[i] > 128) count++;
  }
  return count;
}

describe('drawDetections', () => {
  it('frames the box in the color of its class', () => {
    const drawn = drawDetections(gray(240, 200), [detection()]);
    const color = [...classColor(7)];
    expect(pixel(drawn, 50, 100)).toEqual(color);
    expect(pixel(drawn, 149, 100)).toEqual(color);
    expect(pixel(drawn, 120, 60)).toEqual(color);
    expect(pixel(drawn, 120, 139)).toEqual(color);
    expect(pixel(drawn, 100, 100)).toEqual([128, 128, 128]);
    expect(pixel(drawn, 200, 180)).toEqual([128, 128, 128]);
  });

  it('writes the label above the box, wider for a longer one', () => {
    const ink = (label: string) =>
      coloredPixels(drawDetections(gray(240, 200), [detection({ label })]));
    const frame = ink('');
    expect(ink('cat')).toBeGreaterThan(frame);
    expect(ink('aeroplane')).toBeGreaterThan(ink('cat'));
    const drawn = drawDetections(gray(240, 200), [detection()]);
    expect(pixel(drawn, 51, 57)).toEqual([...classColor(7)]);
  });

  it('does not change the source and accepts gray and RGBA images', () => {
    for (const channels of [1, 3, 4] as const) {
      const source = gray(60, 50, channels);
      const drawn = drawDetections(source, [
        detection({ box: { x: 5, y: 20, width: 30, height: 20 } }),
      ]);
      expect(drawn).toMatchObject({ width: 60, height: 50, channels: 3 });
      expect(source.data.every((v) => v === 128)).toBe(true);
      expect(pixel(drawn, 5, 30)).toEqual([...classColor(7)]);
    }
  });

  it('does not change pixels in a Buffer, whose slices are no copies', () => {
    const source = { ...gray(60, 50), data: Buffer.alloc(60 * 50 * 3, 128) };
    const drawn = drawDetections(source, [detection()]);
    expect(source.data.every((v) => v === 128)).toBe(true);
    expect(drawn.data.some((v) => v !== 128)).toBe(true);
  });

  it('returns a plain copy for no detections', () => {
    expect(drawDetections(gray(9, 8), [])).toEqual(gray(9, 8));
  });

  it('draws detections with higher scores on top', () => {
    const worse = detection({ classId: 1, score: 0.2 });
    const drawn = drawDetections(gray(240, 200), [detection(), worse]);
    expect(pixel(drawn, 50, 100)).toEqual([...classColor(7)]);
  });

  it('uses thicker lines and larger text in larger images', () => {
    const share = (scale: number) => {
      const box = { x: 50 * scale, y: 60 * scale, width: 100 * scale, height: 80 * scale };
      const size = [240 * scale, 200 * scale] as const;
      return (
        coloredPixels(drawDetections(gray(...size), [detection({ box })])) / (size[0] * size[1])
      );
    };
    expect(share(16) / share(8)).toBeCloseTo(1, 1);
  });

  it('accepts any image size and any box', { timeout: 20_000 }, () => {
    const number = fc.double({ min: -100, max: 200, noNaN: true });
    const box = fc.record({ x: number, y: number, width: number, height: number });
    const side = fc.integer({ min: 1, max: 90 });
    fc.assert(
      fc.property(side, side, fc.array(box, { maxLength: 5 }), (width, height, boxes) => {
        const drawn = drawDetections(
          gray(width, height),
          boxes.map((b, i) => detection({ box: b, score: i / 10 })),
        );
        expect(drawn.data.length).toBe(width * height * 3);
      }),
      { numRuns: 100 },
    );
  });

  it('rejects an image whose data does not match its size', () => {
    expect(() => drawDetections({ ...gray(9, 8), width: 10 }, [])).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
    );
  });
});

describe('labels', () => {
  const image = { width: 300, height: 200 };
  const size = { width: 60, height: 14 };
  const box = { left: 100, top: 50, right: 200, bottom: 120 };

  it('are above the box, or inside it at the top edge of the image', () => {
    expect(placeLabel(size, box, image, [])).toEqual({
      left: 100,
      top: 36,
      right: 160,
      bottom: 50,
    });
    expect(placeLabel(size, { ...box, top: 5 }, image, [])).toMatchObject({
      left: 100,
      top: 5,
    });
  });

  it('move left at the right edge of the image', () => {
    const place = placeLabel(size, { ...box, left: 290, right: 300 }, image, []);
    expect(place).toMatchObject({ left: 240, right: 300 });
  });

  it('avoid earlier labels', () => {
    const above = placeLabel(size, box, image, []);
    const inside = placeLabel(size, box, image, [above]);
    const below = placeLabel(size, box, image, [above, inside]);
    expect([above.top, inside.top, below.top]).toEqual([36, 50, 120]);
    expect(placeLabel(size, box, image, [{ left: 0, top: 0, right: 300, bottom: 200 }])).toEqual(
      above,
    );
  });

  it('are always inside the image', () => {
    const side = fc.integer({ min: 10, max: 400 });
    fc.assert(
      fc.property(
        side,
        side,
        fc.nat(399),
        fc.nat(399),
        fc.string(),
        (width, height, x, y, text) => {
          const label = makeLabel(`${text} 0.50`, 9, { width, height });
          if (!label) return;
          const [left, top] = [x % width, y % height];
          const frame = { left, top, right: width, bottom: height };
          const place = placeLabel(label, frame, { width, height }, []);
          expect(place.left).toBeGreaterThanOrEqual(0);
          expect(place.top).toBeGreaterThanOrEqual(0);
          expect(place.right).toBeLessThanOrEqual(width);
          expect(place.bottom).toBeLessThanOrEqual(height);
        },
      ),
    );
  });

  it('shrink in a small image and disappear in a tiny one', () => {
    expect(makeLabel('cat 0.93', 8, { width: 40, height: 40 })?.width).toBeLessThanOrEqual(40);
    expect(makeLabel('cat 0.93', 8, { width: 12, height: 40 })).toBeUndefined();
    expect(makeLabel('cat 0.93', 8, { width: 400, height: 3 })).toBeUndefined();
  });
});
