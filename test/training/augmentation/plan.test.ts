import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deriveRandom } from '../../../src/random.ts';
import {
  type AugmentationOptions,
  NO_AUGMENTATION,
  type PartialAugmentation,
  resolveAugmentation,
} from '../../../src/training/augmentation/augmentation-options.ts';
import {
  planSample,
  type SamplePlan,
} from '../../../src/training/augmentation/augmentation-plan.ts';
import { type ColorMatrix, UNCHANGED } from '../../../src/training/augmentation/color-jitter.ts';
import { chooseSources, donorPool } from '../../../src/training/augmentation/paste.ts';
import { WHOLE } from '../../../src/training/augmentation/region.ts';
import type { Truth } from '../../../src/training/loss/truth.ts';
import { randomTruth } from '../../../support/scenes/training-scenes.ts';

type Corners = [number, number, number, number];

function truthOfBoxes(boxes: Corners[], ignored: number[] = []): Truth {
  return {
    boxes: Float32Array.from(boxes.flat()),
    classIds: Int32Array.from(boxes, (_, g) => g),
    ignored: Uint8Array.from(boxes, (_, g) => Number(ignored.includes(g))),
  };
}

const TWO = truthOfBoxes([
  [0.1, 0.2, 0.4, 0.6],
  [0.5, 0.5, 0.9, 0.8],
]);

/** Plans with only the given options. */
function plans(given: PartialAugmentation, count = 200, truth = TWO): SamplePlan[] {
  const options = resolveAugmentation({ ...NO_AUGMENTATION, ...given });
  return Array.from({ length: count }, (_, seed) =>
    planSample(deriveRandom(seed), options, [truth]),
  );
}

describe('planSample', () => {
  it('changes nothing without augmentation', () => {
    for (const plan of plans({}, 5)) {
      expect(plan.truth).toEqual(TWO);
      expect(plan.tiles).toEqual([
        { image: 0, from: WHOLE, to: WHOLE, flip: false, colors: UNCHANGED },
      ]);
    }
  });

  it('depends only on the state of the generator', () => {
    const options = resolveAugmentation({ mosaic: { probability: 0.5 } });
    const plan = () => planSample(deriveRandom(1, 2, 3), options, [TWO, TWO, TWO, TWO]);
    expect(plan()).toEqual(plan());
    expect(planSample(deriveRandom(1, 2, 4), options, [TWO])).not.toEqual(plan());
  });

  it('keeps boxes inside the sample and gives each an area', () => {
    const probability = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(
        fc.nat(),
        probability,
        fc.constantFrom(1, 4),
        fc.nat(3),
        (seed, chance, count, cutouts) => {
          const random = deriveRandom(seed);
          const options = resolveAugmentation({
            expand: { probability: chance },
            flip: { probability: chance },
            paste: { maxCover: chance },
          });
          const truth = () => randomTruth(random, 1 + random.integer(8), 5);
          const { truth: result, tiles } = planSample(
            random,
            options,
            Array.from({ length: count }, truth),
            Array.from({ length: cutouts }, () => ({ truth: truth(), box: 0 })),
          );
          expect(result.classIds.length).toBe(result.ignored.length);
          expect(result.boxes.length).toBe(4 * result.classIds.length);
          for (let at = 0; at < result.boxes.length; at += 4) {
            const [x1, y1, x2, y2] = result.boxes.subarray(at, at + 4);
            const isFine = x1 >= 0 && y1 >= 0 && x2 <= 1 && y2 <= 1 && x2 > x1 && y2 > y1;
            expect(isFine).toBe(true);
          }
          for (const { from, to } of tiles) {
            expect(from.width > 0 && from.height > 0).toBe(true);
            expect(to.x >= 0 && to.x + to.width <= 1 + 1e-12).toBe(true);
            expect(to.y >= 0 && to.y + to.height <= 1 + 1e-12).toBe(true);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it('drops boxes that would lose their area in float32', () => {
    const thin = truthOfBoxes([[1e-9, 0.2, 2e-9, 0.4]]);
    for (const plan of plans({ flip: { probability: 1 } }, 3, thin)) {
      expect(plan.truth.classIds).toHaveLength(0);
    }
  });

  it('mirrors boxes with the image', () => {
    const [plan] = plans({ flip: { probability: 1 } }, 1);
    expect(plan.tiles[0].flip).toBe(true);
    [0.6, 0.2, 0.9, 0.6, 0.1, 0.5, 0.5, 0.8].forEach((expected, i) => {
      expect(plan.truth.boxes[i]).toBeCloseTo(expected, 6);
    });
    const flipped = plans({ flip: { probability: 0.5 } }).filter(({ tiles }) => tiles[0].flip);
    expect(Math.abs(flipped.length - 100)).toBeLessThan(25);
  });

  it('zooms out up to the largest ratio, the image anywhere on the canvas', () => {
    const results = plans({ expand: { probability: 1, maxRatio: 4 } });
    const ratios = results.map(({ tiles }) => tiles[0].from.width);
    expect(Math.min(...ratios)).toBeGreaterThanOrEqual(1);
    expect(Math.max(...ratios)).toBeGreaterThan(3.8);
    expect(Math.max(...ratios)).toBeLessThanOrEqual(4);
    for (const { tiles, truth } of results) {
      const { x, y, width, height } = tiles[0].from;
      expect(x <= 0 && y <= 0 && x + width >= 1 && y + height >= 1).toBe(true);
      expect(width).toBe(height);
      expect(truth.classIds).toHaveLength(2);
      expect(truth.boxes[0]).toBeCloseTo((0.1 - x) / width, 6);
      expect(truth.boxes[2] - truth.boxes[0]).toBeCloseTo(0.3 / width, 6);
    }
  });

  it('crops to parts with the minimum overlap with a box, or not at all', () => {
    const results = plans({ crop: { minOverlaps: [0.3] } }, 400);
    const cropped = results.filter(({ tiles }) => tiles[0].from.width < 1);
    expect(Math.abs(cropped.length - 200)).toBeLessThan(50);
    for (const { tiles, truth } of cropped) {
      const { x, y, width, height } = tiles[0].from;
      expect(x >= 0 && y >= 0 && x + width <= 1 && y + height <= 1).toBe(true);
      expect(Math.sqrt(width * height)).toBeGreaterThan(0.3 - 1e-9);
      const overlaps = [0, 4].map((at) => {
        const [x1, y1, x2, y2] = TWO.boxes.subarray(at, at + 4);
        const shared =
          Math.max(0, Math.min(x + width, x2) - Math.max(x, x1)) *
          Math.max(0, Math.min(y + height, y2) - Math.max(y, y1));
        return shared / (width * height + (x2 - x1) * (y2 - y1) - shared);
      });
      expect(Math.max(...overlaps)).toBeGreaterThan(0.3 - 1e-6);
      expect(truth.classIds.length).toBeGreaterThan(0);
    }
  });

  it('keeps the boxes whose center is inside the crop, clipped to it', () => {
    for (const { tiles, truth } of plans({ crop: { minOverlaps: [0] } })) {
      const { x, y, width, height } = tiles[0].from;
      const expected = [0, 1].filter((g) => {
        const [x1, y1, x2, y2] = TWO.boxes.subarray(4 * g, 4 * g + 4);
        const [cx, cy] = [((x1 + x2) / 2 - x) / width, ((y1 + y2) / 2 - y) / height];
        return cx >= 0 && cx <= 1 && cy >= 0 && cy <= 1;
      });
      expect([...truth.classIds]).toEqual(expected);
    }
  });

  it('keeps ignored boxes while any part is visible', () => {
    const everywhere = truthOfBoxes(
      [
        [0, 0, 1, 1],
        [0.4, 0.4, 0.6, 0.6],
      ],
      [0],
    );
    for (const { truth } of plans({ crop: { minOverlaps: [0.1] } }, 50, everywhere)) {
      expect([...truth.ignored]).toEqual([1, 0]);
      expect([...truth.boxes.subarray(0, 4)]).toEqual([0, 0, 1, 1]);
    }
  });

  it('does not crop an image without boxes', () => {
    const empty = truthOfBoxes([]);
    for (const { tiles } of plans({ crop: {} }, 20, empty)) expect(tiles[0].from).toEqual(WHOLE);
  });

  it('combines four images without gap or overlap', () => {
    const options = resolveAugmentation(NO_AUGMENTATION);
    const truths = [0.1, 0.2, 0.3, 0.4].map((side) => truthOfBoxes([[0, 0, side, side]]));
    for (let seed = 0; seed < 20; seed++) {
      const { tiles, truth } = planSample(deriveRandom(seed), options, truths);
      const area = tiles.reduce((sum, { to }) => sum + to.width * to.height, 0);
      expect(area).toBeCloseTo(1, 12);
      tiles.forEach(({ to }, i) => {
        const side = 0.1 * (i + 1);
        [to.x, to.y, to.x + side * to.width, to.y + side * to.height].forEach((expected, c) => {
          expect(truth.boxes[4 * i + c]).toBeCloseTo(expected, 6);
        });
      });
    }
  });

  it('pastes cut-out boxes where they cover little', () => {
    const options = resolveAugmentation({ ...NO_AUGMENTATION, paste: { maxCover: 0.2 } });
    const donor = truthOfBoxes([[0.3, 0.3, 0.5, 0.4]]);
    let pasted = 0;
    for (let seed = 0; seed < 100; seed++) {
      const plan = planSample(deriveRandom(seed), options, [TWO], [{ truth: donor, box: 0 }]);
      if (plan.tiles.length === 1) continue;
      pasted++;
      const { image, from, to } = plan.tiles[1];
      expect(image).toBe(1);
      expect(from.width).toBeCloseTo(0.2, 6);
      const factor = to.width / from.width;
      expect(factor >= 0.5 && factor <= 1.5 && to.height / from.height - factor < 1e-9).toBe(true);
      const box = [...plan.truth.boxes.subarray(8, 12)];
      [to.x, to.y, to.x + to.width, to.y + to.height].forEach((expected, c) => {
        expect(box[c]).toBeCloseTo(expected, 6);
      });
      for (const at of [0, 4]) {
        const [x1, y1, x2, y2] = plan.truth.boxes.subarray(at, at + 4);
        const hidden =
          Math.max(0, Math.min(box[2], x2) - Math.max(box[0], x1)) *
          Math.max(0, Math.min(box[3], y2) - Math.max(box[1], y1));
        expect(hidden).toBeLessThanOrEqual(0.2 * (x2 - x1) * (y2 - y1) + 1e-6);
      }
    }
    expect(pasted).toBeGreaterThan(90);
  });
});

describe('sampled colors', () => {
  const colors = (given: Partial<AugmentationOptions['color']>): ColorMatrix[] => {
    const off = { probability: 1, brightness: 0, contrast: [1, 1], saturation: [1, 1], hue: 0 };
    return plans({ color: { ...off, ...given } as AugmentationOptions['color'] }).map(
      ({ tiles }) => tiles[0].colors,
    );
  };
  const apply = (matrix: ColorMatrix, rgb: readonly number[]) =>
    [0, 1, 2].map((row) => {
      const [r, g, b, constant] = matrix.slice(4 * row, 4 * row + 4);
      return r * rgb[0] + g * rgb[1] + b * rgb[2] + constant;
    });
  const spread = (values: number[]) => [Math.min(...values), Math.max(...values)];

  it('brighten by up to the limit', () => {
    const [low, high] = spread(colors({ brightness: 32 }).map((m) => apply(m, [0, 0, 0])[1]));
    expect(low >= -32 && low < -28 && high <= 32 && high > 28).toBe(true);
  });

  it('multiply by the contrast', () => {
    const [low, high] = spread(
      colors({ contrast: [0.5, 1.5] }).map((m) => apply(m, [9, 9, 9])[2] / 9),
    );
    expect(low >= 0.5 && low < 0.55 && high <= 1.5 && high > 1.45).toBe(true);
  });

  it('do not change gray when saturation and hue change, but change other colors', () => {
    for (const given of [{ saturation: [0.5, 1.5] as const }, { hue: 18 }]) {
      let moved = 0;
      for (const matrix of colors(given)) {
        for (const value of apply(matrix, [70, 70, 70])) expect(value).toBeCloseTo(70, 0);
        moved += Math.abs(apply(matrix, [200, 50, 50])[1] - 50);
      }
      expect(moved / 200).toBeGreaterThan(5);
    }
  });

  it('fade to gray without saturation', () => {
    const [matrix] = colors({ saturation: [0, 0] });
    const [r, g, b] = apply(matrix, [255, 128, 10]);
    expect(g).toBeCloseTo(r, 9);
    expect(b).toBeCloseTo(r, 9);
  });

  it('rotate red towards green or blue by the hue', () => {
    for (const matrix of colors({ hue: 18 })) {
      const [, g, b] = apply(matrix, [255, 0, 0]);
      // 36° are at most a little more than half of the way to yellow or to magenta.
      expect(Math.abs(g - b)).toBeLessThan(0.75 * 255);
    }
    const turned = colors({ hue: 90 }).map((matrix) => apply(matrix, [255, 0, 0]));
    expect(turned.some(([r, g]) => g > r)).toBe(true);
  });

  it('happen with the given probability each', () => {
    const changed = plans({ color: { probability: 0.5 } }, 400).filter(
      ({ tiles }) => tiles[0].colors.join() !== UNCHANGED.join(),
    );
    // None of the four happens in one of 16.
    expect(Math.abs(changed.length - 375)).toBeLessThan(20);
  });
});

describe('chooseSources', () => {
  const truths = [TWO, truthOfBoxes([[0, 0, 0.5, 0.5]]), truthOfBoxes([[0, 0, 0.01, 0.01]])];

  it('adds partners and donors with their probabilities', () => {
    const pool = donorPool(truths);
    const options = resolveAugmentation({
      mosaic: { probability: 0.25 },
      paste: { probability: 0.5 },
    });
    let [mosaics, pastes] = [0, 0];
    for (let seed = 0; seed < 400; seed++) {
      const { images, donors } = chooseSources(deriveRandom(seed), options, 2, 3, pool);
      expect(images[0]).toBe(2);
      expect([1, 4]).toContain(images.length);
      expect(images.every((image) => image >= 0 && image < 3)).toBe(true);
      expect(donors.length).toBeLessThanOrEqual(3);
      mosaics += Number(images.length === 4);
      pastes += Number(donors.length > 0);
    }
    expect(Math.abs(mosaics - 100)).toBeLessThan(35);
    expect(Math.abs(pastes - 200)).toBeLessThan(40);
    const plain = chooseSources(deriveRandom(1), resolveAugmentation(), 1, 3, pool);
    expect(plain).toEqual({ images: [1], donors: [] });
  });

  it('offers every class equally, without tiny and ignored boxes', () => {
    const pool = donorPool([
      ...truths,
      truthOfBoxes(
        [
          [0, 0, 1, 1],
          [0, 0, 1, 1],
        ],
        [1],
      ),
    ]);
    expect(pool).toEqual([
      [
        { image: 0, box: 0 },
        { image: 1, box: 0 },
        { image: 3, box: 0 },
      ],
      [{ image: 0, box: 1 }],
    ]);
    const options = resolveAugmentation({ paste: { probability: 1, maxBoxes: 1 } });
    let rare = 0;
    for (let seed = 0; seed < 400; seed++) {
      rare += Number(chooseSources(deriveRandom(seed), options, 0, 4, pool).donors[0].box === 1);
    }
    expect(Math.abs(rare - 200)).toBeLessThan(40);
    expect(chooseSources(deriveRandom(1), options, 0, 4, []).donors).toEqual([]);
  });
});

describe('resolveAugmentation', () => {
  it('fills in defaults group by group', () => {
    const options = resolveAugmentation({ expand: { maxRatio: 2.5 }, flip: {} });
    expect(options).toEqual({
      ...resolveAugmentation(),
      expand: { probability: 0.5, maxRatio: 2.5 },
    });
  });

  it.each([
    [{ flop: {} }, 'unknown option "augmentation.flop"'],
    [
      { flip: { probabilty: 1 } },
      'unknown option "augmentation.flip.probabilty" (did you mean "probability"?)',
    ],
    [
      { flip: { probability: 2 } },
      'augmentation.flip.probability must be a number from 0 to 1, not 2',
    ],
    [
      { color: { contrast: [1.5, 0.5] } },
      'augmentation.color.contrast must be a list of two, the lower one first',
    ],
    [{ crop: { minOverlaps: [2] } }, 'augmentation.crop.minOverlaps must be a list'],
    [{ crop: { trials: 0 } }, 'augmentation.crop.trials must be a whole number from 1'],
    [{ expand: { maxRatio: Number.NaN } }, 'augmentation.expand.maxRatio must be'],
    [{ mosaic: 1 }, 'augmentation.mosaic must be an object'],
    [null, 'augmentation must be an object, not null'],
  ])('refuses %j', (given, message) => {
    const attempt = () => resolveAugmentation(given as PartialAugmentation);
    expect(attempt).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
    expect(attempt).toThrow(message);
  });
});
