/**
 * Compares ByteTrack with the IoU tracker on the ground truth of a real street as detections: 20 % of
 * the boxes dropped, the scores of another 20 % lowered, centers and sizes with normal noise of 5 % of the
 * size. Sums and means over 20 seeds, so that no seed is picked.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Box, Detection } from '../../src/boxes.ts';
import { evaluateMot, type MotScores } from '../../src/evaluation/mot/evaluate-mot.ts';
import { type MotBox, readMotBoxes } from '../../src/evaluation/mot/mot-boxes.ts';
import { deriveRandom, type Random } from '../../src/random.ts';
import { createTracker, type TrackerName } from '../../src/stream/create-tracker.ts';

const TRUTH = path.join(
  import.meta.dirname,
  '../../../shared/data/eval-truth/mot/TUD-Campus/gt.txt',
);
const SEEDS = Array.from({ length: 20 }, (_, i) => i + 1);
const [DROPPED, LOWERED, JITTER] = [0.2, 0.2, 0.05];
const [HIGH, LOW] = [0.9, 0.3];
/** Default threshold of a detector. */
const THRESHOLD = 0.5;

function jittered({ x, y, width, height }: Box, random: Random): Box {
  const centerX = x + width / 2 + JITTER * width * random.normal();
  const centerY = y + height / 2 + JITTER * height * random.normal();
  const wide = width * (1 + JITTER * random.normal());
  const high = height * (1 + JITTER * random.normal());
  return { x: centerX - wide / 2, y: centerY - high / 2, width: wide, height: high };
}

/** Detections by frame, from 1 on. */
function detected(truth: readonly MotBox[], seed: number): Detection[][] {
  const random = deriveRandom(seed);
  const last = Math.max(...truth.map(({ frame }) => frame));
  return Array.from({ length: last }, (_, i) =>
    truth
      .filter(({ frame }) => frame === i + 1)
      .flatMap(({ box }) => {
        const chance = random.uniform();
        const score = chance < DROPPED + LOWERED ? LOW : HIGH;
        const found = { label: 'person', classId: 0, score, box: jittered(box, random) };
        return chance < DROPPED ? [] : [found];
      }),
  );
}

function track(videos: readonly Detection[][][], truth: readonly MotBox[], name: TrackerName) {
  const all = videos.map((video): MotScores => {
    const tracker = createTracker(name);
    const tracks = video.flatMap((detections, i) =>
      tracker
        .update(detections)
        .flatMap(({ trackId: id, box }) => (id === undefined ? [] : [{ frame: i + 1, id, box }])),
    );
    return evaluateMot([{ name, truth, tracks }]).combined;
  });
  const mean = (score: keyof MotScores) =>
    all.reduce((sum, scores) => sum + scores[score], 0) / all.length;
  return { IDF1: mean('IDF1'), HOTA: mean('HOTA'), IDSW: mean('IDSW') };
}

describe.skipIf(!existsSync(TRUTH))('ByteTrack on detections with gaps (needs ../shared)', () => {
  it.each([
    ['the same detections', 0],
    ['what a detector finds by default', THRESHOLD],
  ])('is ahead of the tracker by overlap on %s', async (name, threshold) => {
    const truth = await readMotBoxes(TRUTH);
    const videos = SEEDS.map((seed) => detected(truth, seed));
    const certain = videos.map((video) =>
      video.map((detections) => detections.filter(({ score }) => score >= threshold)),
    );
    const byteTrack = track(videos, truth, 'bytetrack');
    const iou = track(certain, truth, 'iou');
    console.log(`bytetrack, and iou on ${name}:`, byteTrack, iou);
    expect(byteTrack.IDF1).toBeGreaterThan(iou.IDF1);
    expect(byteTrack.HOTA).toBeGreaterThan(iou.HOTA);
    expect(byteTrack.IDSW).toBeLessThanOrEqual(iou.IDSW / 2);
  });
});
