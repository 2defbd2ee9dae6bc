/** Compares the four small filters with the papers' single filter of eight values. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Box } from '../../src/boxes.ts';
import { KalmanFilter } from '../../src/stream/kalman-filter.ts';

type Matrix = number[][];
const range = (length: number) => Array.from({ length }, (_, i) => i);
const diagonal = (values: number[]): Matrix =>
  values.map((value, i) => values.map((_, j) => (i === j ? value ** 2 : 0)));
const product = (a: Matrix, b: Matrix): Matrix =>
  a.map((row) => b[0].map((_, j) => row.reduce((sum, value, k) => sum + value * b[k][j], 0)));
const transposed = (a: Matrix): Matrix => a[0].map((_, j) => a.map((row) => row[j]));
const combined = (a: Matrix, b: Matrix, sign: number): Matrix =>
  a.map((row, i) => row.map((value, j) => value + sign * b[i][j]));

/** Inverts a matrix by Gauss-Jordan elimination. */
function inverse(matrix: Matrix): Matrix {
  const size = matrix.length;
  const rows = matrix.map((row, i) => [...row, ...range(size).map((j) => Number(i === j))]);
  for (const pivot of range(size)) {
    const best = range(size - pivot)
      .map((i) => i + pivot)
      .sort((a, b) => Math.abs(rows[b][pivot]) - Math.abs(rows[a][pivot]))[0];
    [rows[pivot], rows[best]] = [rows[best], rows[pivot]];
    const scale = rows[pivot][pivot];
    rows[pivot] = rows[pivot].map((value) => value / scale);
    for (const i of range(size).filter((i) => i !== pivot)) {
      const factor = rows[i][pivot];
      rows[i] = rows[i].map((value, j) => value - factor * rows[pivot][j]);
    }
  }
  return rows.map((row) => row.slice(size));
}

/** x' = F x, P' = F P Fᵀ + Q; K = P Hᵀ (H P Hᵀ + R)⁻¹, x += K (z − H x), P −= K S Kᵀ. */
class Reference {
  readonly #move = range(8).map((i) => range(8).map((j) => Number(i === j || j === i + 4)));
  readonly #measure = range(4).map((i) => range(8).map((j) => Number(i === j)));
  #mean: Matrix;
  #covariance: Matrix;

  constructor(box: Box) {
    const h = box.height;
    this.#mean = [...measured(box), 0, 0, 0, 0].map((value) => [value]);
    const [p, v] = [(2 * h) / 20, (10 * h) / 160];
    this.#covariance = diagonal([p, p, 1e-2, p, v, v, 1e-5, v]);
  }

  get box(): Box {
    const [x, y, aspect, height] = this.#mean.map(([value]) => value);
    return { x: x - (aspect * height) / 2, y: y - height / 2, width: aspect * height, height };
  }

  predict(): void {
    const h = this.#mean[3][0];
    const noise = diagonal([h / 20, h / 20, 1e-2, h / 20, h / 160, h / 160, 1e-5, h / 160]);
    this.#mean = product(this.#move, this.#mean);
    const moved = product(product(this.#move, this.#covariance), transposed(this.#move));
    this.#covariance = combined(moved, noise, 1);
  }

  update(box: Box): void {
    const h = this.#mean[3][0];
    const noise = diagonal([h / 20, h / 20, 1e-1, h / 20]);
    const toMeasured = product(this.#covariance, transposed(this.#measure));
    const innovation = combined(product(this.#measure, toMeasured), noise, 1);
    const gain = product(toMeasured, inverse(innovation));
    const seen = measured(box).map((value) => [value]);
    const error = combined(seen, product(this.#measure, this.#mean), -1);
    this.#mean = combined(this.#mean, product(gain, error), 1);
    const known = product(product(gain, innovation), transposed(gain));
    this.#covariance = combined(this.#covariance, known, -1);
  }
}

const measured = ({ x, y, width, height }: Box) => [
  x + width / 2,
  y + height / 2,
  width / height,
  height,
];

const side = fc.double({ min: 5, max: 400, noNaN: true });
const boxes = fc.record({ x: side, y: side, width: side, height: side });

describe('KalmanFilter', () => {
  it('agrees with the filter of eight values, through any measurements and gaps', () => {
    const steps = fc.array(fc.option(boxes), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(boxes, steps, (first, measurements) => {
        const [filter, reference] = [new KalmanFilter(first), new Reference(first)];
        for (const box of measurements) {
          filter.predict();
          reference.predict();
          if (box) filter.update(box);
          if (box) reference.update(box);
          const [found, expected] = [filter.box, reference.box];
          for (const name of ['x', 'y', 'width', 'height'] as const) {
            expect(Math.abs(found[name] - expected[name])).toBeLessThan(1e-6);
          }
        }
      }),
    );
  });

  it('learns a speed and extrapolates it', () => {
    const filter = new KalmanFilter({ x: 0, y: 0, width: 20, height: 40 });
    for (let frame = 1; frame <= 30; frame++) {
      filter.predict();
      filter.update({ x: 3 * frame, y: 0, width: 20, height: 40 });
    }
    for (let frame = 0; frame < 10; frame++) filter.predict();
    expect(filter.box.x).toBeCloseTo(3 * 40, 0);
    expect(filter.box.width).toBeCloseTo(20, 6);
  });

  it('keeps the size when it is held', () => {
    const filter = new KalmanFilter({ x: 0, y: 0, width: 20, height: 40 });
    for (let frame = 1; frame <= 9; frame++) {
      filter.predict();
      filter.update({ x: 0, y: 0, width: 20 - frame, height: 40 - 2 * frame });
    }
    filter.holdSize();
    const { height } = filter.box;
    filter.predict();
    expect(filter.box.height).toBe(height);
  });

  it('survives a box without height', () => {
    const filter = new KalmanFilter({ x: 5, y: 5, width: 9, height: 0 });
    filter.predict();
    expect(filter.box).toEqual({ x: 9.5, y: 5, width: 0, height: 0 });
  });
});
