/** Random heads and ground truth for tests and benchmarks of training. */
import { anchorGrid, type GridShape } from '../../src/anchors.ts';
import { HEAD_NAMES, type HeadMap, type HeadName } from '../../src/heads.ts';
import type { Heap } from '../../src/kernels/heap.ts';
import { float32View } from '../../src/kernels/heap.ts';
import { deriveRandom, type Random } from '../../src/random.ts';
import type { Truth } from '../../src/training/loss/truth.ts';

export interface Scene {
  anchors: Float32Array;
  classes: number;
  heads: HeadMap<Float32Array>;
  truths: Truth[];
}

/** Anchors of a square input. */
function squareAnchors(inputSize: number): Float32Array {
  const levels = [8, 16, 32, 64].map((stride): GridShape => {
    const cells = Math.ceil(inputSize / stride);
    return [cells, cells];
  });
  return anchorGrid(levels, inputSize, inputSize);
}

/** Heads like those of a half-trained network, and 0 to 6 boxes per image. */
export function randomScene(
  seed: number,
  { inputSize = 64, images = 2, classes = 4 }: Partial<Record<string, number>> = {},
): Scene {
  const random = deriveRandom(seed);
  const anchors = squareAnchors(inputSize);
  const rows = (images * anchors.length) / 4;
  const normals = (length: number, deviation: number) =>
    Float32Array.from({ length }, () => deviation * random.normal());
  const heads = {
    armLoc: normals(4 * rows, 0.8),
    // A third of the anchors have an objectness below 0.01.
    armConf: normals(2 * rows, 4).map((value, i) => (i % 2 ? value - 3 : value)),
    odmLoc: normals(4 * rows, 0.8),
    odmConf: normals((classes + 1) * rows, 3),
  };
  const truths = Array.from({ length: images }, () =>
    randomTruth(random, random.integer(7), classes),
  );
  return { anchors, classes, heads, truths };
}

export function randomTruth(random: Random, count: number, classes: number): Truth {
  const boxes = Array.from({ length: count }, () => {
    const [width, height] = [random.between(0.05, 0.7), random.between(0.05, 0.7)];
    const [x, y] = [random.between(0, 1 - width), random.between(0, 1 - height)];
    return [x, y, x + width, y + height];
  });
  return {
    boxes: Float32Array.from(boxes.flat()),
    classIds: Int32Array.from({ length: count }, () => random.integer(classes)),
    ignored: Uint8Array.from({ length: count }, () => Number(random.chance(0.15))),
  };
}

/** Room in a heap for the heads of a scene. */
export function allocateHeads(heap: Heap, heads: HeadMap<Float32Array>): HeadMap<number> {
  const pointers = { armLoc: 0, armConf: 0, odmLoc: 0, odmConf: 0 };
  for (const name of HEAD_NAMES) pointers[name] = heap.malloc(heads[name].byteLength);
  return pointers;
}

export function writeHeads(
  heap: Heap,
  pointers: HeadMap<number>,
  heads: HeadMap<Float32Array>,
): void {
  for (const name of HEAD_NAMES) {
    float32View(heap, pointers[name], heads[name].length).set(heads[name]);
  }
}

/** Copies the contents at the pointers, in the shapes of `like`. */
export function readHeads(
  heap: Heap,
  pointers: HeadMap<number>,
  like: HeadMap<Float32Array>,
): HeadMap<Float32Array> {
  const read = (name: HeadName) => float32View(heap, pointers[name], like[name].length).slice();
  return {
    armLoc: read('armLoc'),
    armConf: read('armConf'),
    odmLoc: read('odmLoc'),
    odmConf: read('odmConf'),
  };
}
