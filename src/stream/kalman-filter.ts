/**
 * Kalman filter of a box that moves with constant velocity, as in DeepSORT (Wojke et al. 2017) and
 * ByteTrack (Zhang et al. 2022): center x and y, aspect (width / height) and height, each with its
 * speed per frame. Their 8×8 covariance has no terms between the four, so four filters of two values suffice.
 */
import type { Box } from '../boxes.ts';

/** Standard deviations of positions and speeds, relative to the height; those of the aspect are absolute. */
const POSITION_NOISE = 1 / 20;
const SPEED_NOISE = 1 / 160;
const ASPECT_NOISE = 1e-2;
const ASPECT_SPEED_NOISE = 1e-5;
const MEASURED_ASPECT_NOISE = 1e-1;
/** Factors of the standard deviations for the first box, which is less certain than a prediction. */
const FIRST_POSITION = 2;
const FIRST_SPEED = 10;

const ASPECT = 2;
const HEIGHT = 3;

/** A value, its speed, and their covariance. */
interface Motion {
  value: number;
  speed: number;
  valueVariance: number;
  covariance: number;
  speedVariance: number;
}

/** Estimates position and speed of one box from its measurements. */
export class KalmanFilter {
  readonly #motions: readonly Motion[];

  constructor(box: Box) {
    const values = measured(box);
    this.#motions = values.map((value, i) => ({
      value,
      speed: 0,
      valueVariance:
        i === ASPECT ? ASPECT_NOISE ** 2 : (FIRST_POSITION * POSITION_NOISE * box.height) ** 2,
      covariance: 0,
      speedVariance:
        i === ASPECT ? ASPECT_SPEED_NOISE ** 2 : (FIRST_SPEED * SPEED_NOISE * box.height) ** 2,
    }));
  }

  /** The estimated box. */
  get box(): Box {
    const [x, y, aspect, height] = this.#motions.map(({ value }) => value);
    const width = aspect * height;
    return { x: x - width / 2, y: y - height / 2, width, height };
  }

  /** Advances the estimate by one frame. */
  predict(): void {
    const height = this.#motions[HEIGHT].value;
    for (const [i, motion] of this.#motions.entries()) {
      const valueNoise = i === ASPECT ? ASPECT_NOISE : POSITION_NOISE * height;
      const speedNoise = i === ASPECT ? ASPECT_SPEED_NOISE : SPEED_NOISE * height;
      motion.value += motion.speed;
      motion.valueVariance += 2 * motion.covariance + motion.speedVariance + valueNoise ** 2;
      motion.covariance += motion.speedVariance;
      motion.speedVariance += speedNoise ** 2;
    }
  }

  /** Stops changes of the size; without measurements, an extrapolated height soon makes no sense. */
  holdSize(): void {
    this.#motions[HEIGHT].speed = 0;
  }

  /** Corrects the estimate with a measured box. */
  update(box: Box): void {
    const height = this.#motions[HEIGHT].value;
    for (const [i, value] of measured(box).entries()) {
      const motion = this.#motions[i];
      const noise = i === ASPECT ? MEASURED_ASPECT_NOISE : POSITION_NOISE * height;
      const { valueVariance, covariance } = motion;
      const variance = valueVariance + noise ** 2;
      const error = value - motion.value;
      motion.value += (valueVariance / variance) * error;
      motion.speed += (covariance / variance) * error;
      motion.valueVariance -= valueVariance ** 2 / variance;
      motion.covariance -= (valueVariance * covariance) / variance;
      motion.speedVariance -= covariance ** 2 / variance;
    }
  }
}

/** Converts a box to center x, center y, aspect, height. */
function measured({ x, y, width, height }: Box): [number, number, number, number] {
  return [x + width / 2, y + height / 2, height > 0 ? width / height : 0, height];
}
