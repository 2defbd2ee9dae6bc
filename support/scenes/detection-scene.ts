/**
 * Creates head outputs like those of a trained network for an image with a few objects: anchors near an
 * object agree on its class and box, some others pass the filter with low scores, and most are
 * filtered out. Seeded.
 */
import { ANCHOR_DEFAULTS, anchorGrid, type GridShape } from '../../src/anchors.ts';
import type { HeadMap } from '../../src/heads.ts';
import { deriveRandom, type Random } from '../../src/random.ts';

export interface SceneOptions {
  /** Side of the square network input. */
  inputSize: number;
  /** Number of object classes (K). */
  classes: number;
  /** Number of objects. Default 6. */
  objects?: number;
  /** Share of the anchors that pass the objectness filter, unless the objects need more. Default 0.03. */
  alive?: number;
  /** Seed. Default 1. */
  seed?: number;
}

export interface Scene {
  heads: HeadMap<Float32Array>;
  /** [N, 4] */
  anchors: Float32Array;
}

interface SceneObject {
  /** cx, cy, w, h */
  box: readonly number[];
  classId: number;
  /** 1 for an object, less for something similar to one. */
  strength: number;
}

export function makeScene(options: SceneOptions): Scene {
  const { inputSize, classes, objects = 6, alive = 0.03, seed = 1 } = options;
  const random = deriveRandom(seed);
  const levels = ANCHOR_DEFAULTS.strides.map(
    (stride): GridShape => [Math.ceil(inputSize / stride), Math.ceil(inputSize / stride)],
  );
  const anchors = anchorGrid(levels, inputSize, inputSize);
  const count = anchors.length / 4;
  const heads: HeadMap<Float32Array> = {
    armLoc: gaussians(random, 4 * count, 0.3),
    armConf: new Float32Array(2 * count),
    odmLoc: gaussians(random, 4 * count, 0.3),
    odmConf: gaussians(random, (classes + 1) * count, 1.2),
  };
  const scene = Array.from({ length: 5 * objects }, (_, i) =>
    randomObject(random, classes, i < objects ? 1 : 0.3 + 0.4 * random.uniform()),
  );
  // About one low-score class for each anchor that passes without an object.
  const background = 5 + Math.log(classes) / 2;
  let living = 0;
  for (let i = 0; i < count; i++) {
    heads.odmConf[(classes + 1) * i] += background;
    heads.armConf[2 * i] = 5 + random.normal();
    heads.armConf[2 * i + 1] = -3 - Math.abs(random.normal());
    const anchor = anchors.subarray(4 * i, 4 * i + 4);
    const owner = scene.find(({ box }) => iou(anchor, box) > 0.5);
    if (!owner) continue;
    living++;
    heads.armConf[2 * i + 1] = 3 + random.normal();
    const certainty = owner.strength * (8 * iou(anchor, owner.box) + 0.7 * random.normal());
    heads.odmConf[(classes + 1) * i + 1 + owner.classId] += certainty;
    heads.odmConf[(classes + 1) * i] -= 0.7 * certainty;
    pointAt(owner.box, anchor, i, heads, random);
  }
  for (; living < alive * count; living++) {
    const i = random.integer(count);
    heads.armConf[2 * i + 1] = heads.armConf[2 * i] - 3.5 + 2 * random.uniform();
  }
  return { heads, anchors };
}

/** ARM offsets cover most of the way from the anchor to the object, ODM offsets stay noise. */
function pointAt(
  box: readonly number[],
  anchor: Float32Array,
  i: number,
  { armLoc }: HeadMap<Float32Array>,
  random: Random,
): void {
  const [cx, cy, w, h] = anchor;
  armLoc[4 * i] = (box[0] - cx) / w / 0.1 + 0.3 * random.normal();
  armLoc[4 * i + 1] = (box[1] - cy) / h / 0.1 + 0.3 * random.normal();
  armLoc[4 * i + 2] = Math.log(box[2] / w) / 0.2 + 0.3 * random.normal();
  armLoc[4 * i + 3] = Math.log(box[3] / h) / 0.2 + 0.3 * random.normal();
}

function randomObject(random: Random, classes: number, strength: number): SceneObject {
  const [w, h] = [0.1 + 0.5 * random.uniform(), 0.1 + 0.5 * random.uniform()];
  const box = [w / 2 + random.uniform() * (1 - w), h / 2 + random.uniform() * (1 - h), w, h];
  return { box, classId: random.integer(classes), strength };
}

/** Intersection over union; both boxes as cx, cy, w, h. */
function iou(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const side = (i: number) =>
    Math.min(a[i] + a[i + 2] / 2, b[i] + b[i + 2] / 2) -
    Math.max(a[i] - a[i + 2] / 2, b[i] - b[i + 2] / 2);
  const intersection = Math.max(0, side(0)) * Math.max(0, side(1));
  return intersection / (a[2] * a[3] + b[2] * b[3] - intersection);
}

function gaussians(random: Random, length: number, deviation: number): Float32Array {
  return Float32Array.from({ length }, () => deviation * random.normal());
}
