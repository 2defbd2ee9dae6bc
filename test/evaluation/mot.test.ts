/** Expected numbers are worked out on paper beside each case; the real sequence has those of two tools. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { evaluateMot, type MotScores } from '../../src/evaluation/mot/evaluate-mot.ts';
import { type MotBox, readMotBoxes } from '../../src/evaluation/mot/mot-boxes.ts';
import { readMotVideos } from '../../src/evaluation/mot/mot-videos.ts';

const OFFICIAL = path.join(import.meta.dirname, '../../../shared/data/eval-truth/mot');
const folder = mkdtempSync(path.join(tmpdir(), 'refinedet-mot-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A square of 10 pixels at x. */
const box = (frame: number, id: number, x: number, more: Partial<MotBox> = {}): MotBox => ({
  frame,
  id,
  box: { x, y: 0, width: 10, height: 10 },
  ...more,
});
const scores = (truth: MotBox[], tracks: MotBox[], name = 'video'): MotScores =>
  evaluateMot([{ name, truth, tracks }]).combined;

/** Object A at 0, B at 100, four frames. */
const truth = [1, 2, 3, 4].flatMap((frame) => [box(frame, 1, 0), box(frame, 2, 100)]);
/** A is lost at the end, B for one frame and comes back under another id; one false box. */
const tracks = [
  ...[box(1, 1, 0), box(1, 2, 100)],
  box(2, 1, 0),
  ...[box(3, 1, 0), box(3, 3, 100)],
  ...[box(4, 3, 100), box(4, 4, 500)],
];
const EXPECTED: MotScores = {
  ...{ TP: 6, FP: 1, FN: 2, IDSW: 1, Frag: 1, MT: 0, PT: 2, ML: 0 },
  MOTA: (6 - 1 - 1) / 8,
  MOTP: 1,
  ...{ IDTP: 3 + 2, IDFP: 2, IDFN: 3, IDF1: 5 / (5 + (2 + 3) / 2), IDP: 5 / 7, IDR: 5 / 8 },
  // A and 1 are together in 3 of 4 frames that either has, B and 2 in 1 of 4, B and 3 in 2 of 4.
  DetA: 6 / 9,
  DetRe: 6 / 8,
  DetPr: 6 / 7,
  AssA: (3 * (3 / 4) + 1 * (1 / 4) + 2 * (2 / 4)) / 6,
  AssRe: (3 * (3 / 4) + 1 * (1 / 4) + 2 * (2 / 4)) / 6,
  AssPr: 1,
  HOTA: Math.sqrt((6 / 9) * (3.5 / 6)),
  LocA: 1,
};

function expectScores(found: MotScores, expected: Partial<MotScores>, digits = 12): void {
  for (const [name, value] of Object.entries(expected)) {
    expect(found[name as keyof MotScores], name).toBeCloseTo(value, digits);
  }
}

describe('evaluateMot', () => {
  it.skipIf(!existsSync(OFFICIAL))(
    'agrees with TrackEval and py-motmetrics to 1e-6 (skipped without ../shared)',
    async () => {
      const { note: _, ...expected } = JSON.parse(
        readFileSync(path.join(OFFICIAL, 'expected.json'), 'utf8'),
      )['TUD-Campus'];
      const { sequences } = evaluateMot(await readMotVideos(OFFICIAL, OFFICIAL));
      expect(Object.keys(expected)).toHaveLength(24);
      for (const [name, value] of Object.entries<number>(expected)) {
        // The expected numbers have six digits.
        const difference = Math.abs(sequences['TUD-Campus'][name as keyof MotScores] - value);
        expect(difference, name).toBeLessThan(1e-6);
      }
    },
  );

  it('counts misses, false boxes, switches and fragments', () => {
    expectScores(scores(truth, tracks), EXPECTED);
  });

  it('scores 1 for tracks that are the ground truth, whatever their ids', () => {
    const renamed = truth.map(({ id, ...rest }) => ({ ...rest, id: 70 - id }));
    const perfect = { HOTA: 1, AssA: 1, LocA: 1, MOTA: 1, MOTP: 1, IDF1: 1, MT: 2, IDSW: 0 };
    expectScores(scores(truth, renamed), perfect);
  });

  it('scores 0, with the overlap undefined and taken as 1, where there are no tracks', () => {
    expectScores(scores(truth, []), { HOTA: 0, MOTA: 0, IDF1: 0, LocA: 1, FN: 8, ML: 2, IDFN: 8 });
  });

  it('averages HOTA over the overlaps that are asked for', () => {
    // An overlap of 1/2 (10 of 20 pixels) is enough for 10 of the 19 thresholds: 0.05 … 0.5.
    const wide = [{ frame: 1, id: 1, box: { x: 0, y: 0, width: 20, height: 10 } }];
    const LocA = (10 * 0.5 + 9 * 1) / 19;
    expectScores(scores([box(1, 1, 0)], wide), { HOTA: 10 / 19, LocA, MOTP: 0.5, MOTA: 1 });
  });

  it('keeps the match of the frame before, even where another track overlaps more', () => {
    const still = [box(1, 1, 0), box(2, 1, 0)];
    // 8 of 12 pixels.
    const found = [box(1, 1, 0), box(2, 1, 2), box(2, 2, 0)];
    expectScores(scores(still, found), { IDSW: 0, TP: 2, FP: 1, MOTP: (1 + 8 / 12) / 2 });
  });

  it('leaves boxes marked 0, other classes and tracks of distractors out', () => {
    const marked = [
      ...truth.map((one) => ({ ...one, classId: 1 })),
      box(1, 8, 200, { classId: 1, confidence: 0 }),
      box(1, 9, 300, { classId: 7 }), // a static person
      box(1, 10, 400, { classId: 3 }), // a car
    ];
    expectScores(scores(marked, tracks), EXPECTED);
    expectScores(scores(marked, [...tracks, box(1, 20, 300)]), EXPECTED);
    expectScores(scores(marked, [...tracks, box(1, 20, 200)]), { FP: 2 });
    expectScores(scores(marked, [...tracks, box(1, 20, 400)]), { FP: 2 });
    const vehicle = [...marked, box(1, 11, 600, { classId: 6 })];
    const onVehicle = [...tracks, box(1, 20, 600)];
    expectScores(scores(vehicle, onVehicle, 'MOT17-02'), { FP: 2 });
    expectScores(scores(vehicle, onVehicle, 'MOT20-01'), { FP: 1 });
  });

  it('combines videos by their sums, not by the means of their scores', () => {
    const still = [box(1, 1, 0)];
    const { sequences, combined } = evaluateMot([
      { name: 'long', truth, tracks },
      { name: 'short', truth: still, tracks: still },
    ]);
    expectScores(sequences['long'], EXPECTED);
    expectScores(sequences['short'], { HOTA: 1, MOTA: 1 });
    const AssA = (3.5 + 1) / 7;
    expectScores(combined, { TP: 7, MOTA: (7 - 1 - 1) / 9, IDF1: 6 / 8.5, AssA, DetA: 7 / 10 });
    expectScores(combined, { HOTA: Math.sqrt((7 / 10) * AssA) });
  });

  it('does not depend on the order of the boxes nor on the names of the ids', () => {
    const shuffled = fc.shuffledSubarray(tracks, { minLength: tracks.length });
    fc.assert(
      fc.property(shuffled, fc.integer({ min: 1, max: 1000 }), (other, first) => {
        const renamed = other.map(({ id, ...rest }) => ({
          ...rest,
          id: (id * 7919 + first) % 100,
        }));
        expectScores(scores(truth.toReversed(), renamed), EXPECTED);
      }),
    );
  });

  it('fails where no box of the ground truth counts', () => {
    const cars = truth.map((one) => ({ ...one, classId: 3 }));
    expect(() => scores(cars, tracks)).toThrow('video: no box of the ground truth counts');
  });
});

describe('reading of tracks', () => {
  const write = (name: string, text: string): string => {
    const file = path.join(folder, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
    return file;
  };

  it('takes the class of nine columns, and no class from the world position of ten', async () => {
    const file = write(
      'columns.txt',
      '1,5,1,2,3,4,1,7,0.5\r\n2, 5, 1.5, 2, 3, 4, 0, 7.5, 1, 0\n\n',
    );
    const common = { id: 5, box: { x: 1, y: 2, width: 3, height: 4 } };
    expect(await readMotBoxes(file)).toEqual([
      { ...common, frame: 1, confidence: 1, classId: 7 },
      { ...common, frame: 2, confidence: 0, box: { ...common.box, x: 1.5 } },
    ]);
  });

  it('names file and line of what is malformed', async () => {
    for (const [text, message] of [
      ['1,1,0,0,9,9\n2,1,0,0', 'a.txt:2: "frame,id,left,top,width,height,…" is expected'],
      ['1,1,0,zero,9,9', 'a.txt:1: top must be a number, not "zero"'],
      ['1.5,1,0,0,9,9', 'a.txt:1: frame must be a whole number, not "1.5"'],
      ['1,1,0,0,9,9\n1,1,5,5,9,9', 'a.txt:2: frame 1 has a second box of object 1'],
    ]) {
      await expect(readMotBoxes(write('a.txt', text))).rejects.toMatchObject({
        code: 'PREDICTIONS_FORMAT',
        message: expect.stringContaining(message),
      });
    }
  });

  it('finds the videos of a folder, and the tracks of each', async () => {
    write('data/one/gt/gt.txt', '1,1,0,0,9,9,1,1,1');
    write('data/two/gt.txt', '1,1,0,0,9,9,1,-1,-1,-1');
    write('tracks/one.txt', '1,1,0,0,9,9');
    write('tracks/two/test.txt', '1,2,0,0,9,9');
    const at = (name: string) => path.join(folder, name);
    const names = async (data: string, found: string) =>
      (await readMotVideos(at(data), at(found))).map(({ name }) => name);
    expect(await names('data', 'tracks')).toEqual(['one', 'two']);
    expect(await names('data/one', 'tracks/one.txt')).toEqual(['one']);
    expect(await names('data/two/gt.txt', 'tracks')).toEqual(['two']);
    await expect(names('data', 'tracks/one.txt')).rejects.toThrow('is one file, but');
    await expect(names('data', 'data/one')).rejects.toThrow('no tracks of one in');
    await expect(names('tracks', 'tracks')).rejects.toThrow('no ground truth of tracks in');
  });
});
