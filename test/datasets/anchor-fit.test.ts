import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anchorGrid } from '../../src/anchors.ts';
import { boxIou } from '../../src/boxes.ts';
import {
  anchorFit,
  type NormalizedBox,
  normalizeBox,
} from '../../src/datasets/check/anchor-fit.ts';

const INPUT = 320;
const ANCHORS = anchorGrid(
  [40, 20, 10, 5].map((cells) => [cells, cells] as const),
  INPUT,
  INPUT,
);

/** The definition: every anchor against the box. */
function slowly(box: NormalizedBox): number {
  const corner = ([cx, cy, width, height]: NormalizedBox) => ({
    x: cx - width / 2,
    y: cy - height / 2,
    width,
    height,
  });
  let best = 0;
  for (let i = 0; i < ANCHORS.length; i += 4) {
    const [cx, cy, w, h] = ANCHORS.subarray(i, i + 4);
    best = Math.max(best, boxIou(corner([cx, cy, w, h]), corner(box)));
  }
  return best;
}

describe('the best anchor for a box', () => {
  it('is the one that a search through all of them finds', () => {
    const fit = anchorFit(INPUT);
    const position = fc.double({ min: -0.2, max: 1.2, noNaN: true });
    const side = fc.double({ min: 0.002, max: 1.5, noNaN: true });
    fc.assert(
      fc.property(fc.tuple(position, position, side, side), (box) => {
        expect(fit(box)).toBeCloseTo(slowly(box), 5);
      }),
      { numRuns: 200 },
    );
  });

  it('fits a box of its own size exactly', () => {
    const box = normalizeBox(
      { x: 4 * 8 + 4 - 16, y: 4 - 16, width: 32, height: 32 },
      { width: 320, height: 320 },
    );
    expect(anchorFit(INPUT)(box)).toBeCloseTo(1, 6);
  });

  it('sees boxes stretched as the image is', () => {
    const box = normalizeBox({ x: 0, y: 0, width: 320, height: 80 }, { width: 640, height: 160 });
    expect(box).toEqual([0.25, 0.25, 0.5, 0.5]);
  });
});
