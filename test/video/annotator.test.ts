/** What an annotated frame shows. */
import { describe, expect, it } from 'vitest';
import type { RawImage } from '../../src/image/raw-image.ts';
import { FrameAnnotator } from '../../src/video/frame-annotator.ts';

const SIZE = { width: 320, height: 240 };
const frame = (): RawImage => ({
  ...SIZE,
  channels: 3,
  data: new Uint8Array(SIZE.width * SIZE.height * 3).fill(90),
});
const object = (x: number, trackId?: number) => ({
  label: 'sheep',
  classId: 16,
  score: 0.9,
  box: { x, y: 60, width: 40, height: 60 },
  ...(trackId !== undefined && { trackId }),
});
const pixel = ({ data, width }: RawImage, x: number, y: number) => [
  ...data.subarray(3 * (y * width + x), 3 * (y * width + x) + 3),
];
const differing = (a: RawImage, b: RawImage) => {
  let count = 0;
  for (let i = 0; i < a.data.length; i += 3) if (a.data[i] !== b.data[i]) count++;
  return count;
};

describe('the annotator of frames', () => {
  it('draws the trail of a tracked object, for two seconds', () => {
    const annotator = new FrameAnnotator();
    let drawn = frame();
    for (let i = 0; i < 10; i++) drawn = annotator.draw(frame(), [object(20 + 20 * i, 1)], 100 * i);
    // The bottom center of the box has passed x = 100, and the box is elsewhere now.
    expect(pixel(drawn, 100, 120)).not.toEqual([90, 90, 90]);
    const later = annotator.draw(frame(), [], 3000);
    expect(pixel(later, 100, 120)).toEqual([90, 90, 90]);
  });

  it('draws no trail without a track', () => {
    const annotator = new FrameAnnotator();
    annotator.draw(frame(), [object(20)], 0);
    expect(differing(annotator.draw(frame(), [], 40), frame())).toBe(0);
  });

  it('shows the number of the track', () => {
    const draw = (trackId?: number) => new FrameAnnotator().draw(frame(), [object(20, trackId)], 0);
    expect(differing(draw(7), draw())).toBeGreaterThan(20);
    expect(differing(draw(7), draw(8))).toBeGreaterThan(5);
  });

  it.each([
    [
      'relative',
      [
        [0.5, 0.2],
        [0.5, 0.8],
      ],
    ],
    [
      'pixels',
      [
        [160, 48],
        [160, 192],
      ],
    ],
  ] as const)('draws lines in %s coordinates, with their counts', (coordinates, points) => {
    const annotator = new FrameAnnotator({ coordinates, lines: [{ name: 'gate', points }] });
    const totals = (forward: number) => ({
      lines: { gate: { forward, backward: 0 } },
      zones: {},
    });
    const drawn = annotator.draw(frame(), [], 0, totals(1));
    expect(pixel(drawn, 160, 120)).toEqual([255, 255, 255]);
    expect(pixel(drawn, 160, 220)).toEqual([90, 90, 90]);
    expect(differing(drawn, annotator.draw(frame(), [], 0, totals(2)))).toBeGreaterThan(3);
  });

  it('draws zones as closed lines, with their counts', () => {
    const corners = [
      [0.2, 0.2],
      [0.8, 0.2],
      [0.8, 0.8],
    ] as const;
    const annotator = new FrameAnnotator({ zones: [{ name: 'meadow', points: corners }] });
    const totals = (occupancy: number) => ({
      lines: {},
      zones: {
        meadow: { entries: 3, exits: 1, occupancy, longest: 0, dwell: { frames: 0, time: 0 } },
      },
    });
    const drawn = annotator.draw(frame(), [], 0, totals(2));
    // The middle of the side from the last corner to the first.
    expect(pixel(drawn, 160, 120)).toEqual([255, 255, 255]);
    expect(differing(drawn, annotator.draw(frame(), [], 0, totals(5)))).toBeGreaterThan(3);
  });

  it('leaves the frame as it is', () => {
    const image = frame();
    const annotator = new FrameAnnotator({
      lines: [
        {
          name: 'gate',
          points: [
            [0, 0],
            [1, 1],
          ],
        },
      ],
    });
    annotator.draw(image, [object(20, 1)], 0);
    expect(differing(image, frame())).toBe(0);
  });
});
