import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ZoneCounter, type ZoneCounterOptions } from '../../src/stream/zone-counter.ts';
import type { Zones } from '../../src/stream/zones.ts';

/** A box of 10 × 20 pixels whose bottom edge is centered on (x, y). */
const standing = (x: number, y: number, trackId: number | undefined = 1, label = 'person') => ({
  label,
  classId: 0,
  score: 0.9,
  box: { x: x - 5, y: y - 20, width: 10, height: 20 },
  trackId,
});
/** A line from left to right, so that forward is down. */
const line = {
  name: 'door',
  points: [
    [100, 100],
    [200, 100],
  ],
} as const;
const square = {
  name: 'yard',
  points: [
    [100, 100],
    [200, 100],
    [200, 200],
    [100, 200],
  ],
} as const;
const pixels = (zones: Zones): Zones => ({ coordinates: 'pixels', ...zones });

/** Updates with one object at a point per frame, 40 ms apart; undefined for frames without it. */
function walk(
  zones: Zones,
  points: readonly (readonly [number, number] | undefined)[],
  options?: ZoneCounterOptions,
) {
  const counter = new ZoneCounter(pixels(zones), options);
  const events = points.flatMap((point, index) =>
    counter.update(point ? [standing(...point)] : [], { index, time: 40 * index }),
  );
  return { events, ...counter.totals };
}

describe('ZoneCounter at lines', () => {
  it('counts crossings by direction, with the frame and the time', () => {
    const { events, lines } = walk({ lines: [line] }, [
      [150, 90],
      [150, 110],
      [150, 90],
      [150, 115],
    ]);
    const common = { type: 'crossing', line: 'door', trackId: 1, label: 'person' };
    expect(events).toEqual([
      { ...common, direction: 'forward', frame: 1, time: 40 },
      { ...common, direction: 'backward', frame: 2, time: 80 },
      { ...common, direction: 'forward', frame: 3, time: 120 },
    ]);
    expect(lines).toEqual({ door: { forward: 2, backward: 1 } });
  });

  it('counts nothing beside the ends of the line', () => {
    const beside = walk({ lines: [line] }, [
      [250, 90],
      [250, 110],
      [150, 110],
      [150, 90],
    ]);
    expect(beside.lines).toEqual({ door: { forward: 0, backward: 1 } });
  });

  it('counts an object that jitters on the line once', () => {
    const trembling = Array.from(
      { length: 30 },
      (_, i) => [150, 100 + (i % 2 ? 0.9 : -0.9)] as const,
    );
    const way = [[150, 90] as const, ...trembling, [150, 110] as const];
    expect(walk({ lines: [line] }, way).lines).toEqual({ door: { forward: 1, backward: 0 } });
    const { lines } = walk({ lines: [line], tolerance: 0 }, way);
    expect(lines['door'].forward).toBeGreaterThan(10);
  });

  it('counts a crossing only when the side changes beyond the tolerance', () => {
    const heights = fc.array(fc.integer({ min: 90, max: 110 }), { maxLength: 40 });
    fc.assert(
      fc.property(heights, fc.integer({ min: 0, max: 8 }), (ys, distance) => {
        const way = ys.map((y) => [150, y] as const);
        const { lines } = walk({ lines: [line], tolerance: distance / 20 }, way);
        const sides = ys
          .map((y) => y - 100)
          .filter((y) => y !== 0 && Math.abs(y) >= distance)
          .map(Math.sign);
        const changes = sides.slice(1).map((side, i) => side - sides[i]);
        const count = (change: number) => changes.filter((one) => one === change).length;
        expect(lines['door']).toEqual({ forward: count(2), backward: count(-2) });
      }),
    );
  });

  it('counts a jump over both lines, and an object that was not seen on its way', () => {
    const other = {
      name: 'gate',
      points: [
        [100, 150],
        [200, 150],
      ],
    } as const;
    const { events } = walk({ lines: [line, other] }, [
      [150, 90],
      undefined,
      undefined,
      [150, 160],
    ]);
    expect(events.map((event) => ('line' in event ? event.line : ''))).toEqual(['door', 'gate']);
  });
});

describe('ZoneCounter in zones', () => {
  it('counts entries, exits, occupancy and dwell', () => {
    const way = [
      [90, 150],
      [110, 150],
      [120, 150],
      [130, 150],
      [90, 150],
      [150, 150],
    ] as const;
    const { events, zones } = walk({ zones: [square] }, way);
    const common = { zone: 'yard', trackId: 1, label: 'person' };
    expect(events).toEqual([
      { type: 'entry', ...common, frame: 1, time: 40 },
      { type: 'exit', ...common, frame: 4, time: 160, dwell: { frames: 3, time: 80 } },
      { type: 'entry', ...common, frame: 5, time: 200 },
    ]);
    const dwell = { frames: 4, time: 80 };
    expect(zones).toEqual({ yard: { entries: 2, exits: 1, occupancy: 1, dwell, longest: 80 } });
  });

  it('counts an object that jitters at the edge once', () => {
    const trembling = Array.from(
      { length: 30 },
      (_, i) => [100 + (i % 2 ? 0.9 : -0.9), 150] as const,
    );
    const way = [[90, 150] as const, ...trembling, [120, 150] as const, ...trembling];
    expect(walk({ zones: [square] }, way).zones['yard']).toMatchObject({ entries: 1, exits: 0 });
  });

  it('reports the exit of a lost object at the time of its last detection', () => {
    const way = [[150, 150], [150, 150], undefined, undefined, undefined] as const;
    expect(walk({ zones: [square] }, way, { maxMissed: 3 }).zones['yard'].occupancy).toBe(1);
    const { events, zones } = walk({ zones: [square] }, way, { maxMissed: 2 });
    const exit = { type: 'exit', zone: 'yard', frame: 1, time: 40, dwell: { frames: 2, time: 40 } };
    expect(events[1]).toMatchObject(exit);
    expect(zones['yard']).toMatchObject({ entries: 1, exits: 1, occupancy: 0 });
  });

  it('measures the frames that the object is inside', () => {
    const coordinate = fc.integer({ min: 80, max: 220 });
    const ways = fc.array(fc.option(fc.tuple(coordinate, coordinate), { nil: undefined }));
    fc.assert(
      fc.property(ways, (way) => {
        const isInside = (value: number) => value > 100 && value < 200;
        const isOnEdge = (point: readonly number[]) =>
          point.some((value) => value === 100 || value === 200);
        const clear = way.map((point) => (point && isOnEdge(point) ? undefined : point));
        const { zones, events } = walk({ zones: [square], tolerance: 0 }, clear, {
          maxMissed: 1e6,
        });
        const { entries, exits, occupancy, dwell } = zones['yard'];
        expect(dwell.frames).toBe(clear.filter((point) => point?.every(isInside)).length);
        expect(entries - exits).toBe(occupancy);
        expect(events).toHaveLength(entries + exits);
      }),
    );
  });

  it('finds the inside of a polygon with a notch', () => {
    const notched = {
      name: 'u',
      points: [
        [0, 0],
        [30, 0],
        [30, 30],
        [20, 30],
        [20, 10],
        [10, 10],
        [10, 30],
        [0, 30],
      ],
    } as const;
    const entries = (x: number, y: number) =>
      walk({ zones: [notched], tolerance: 0 }, [[x, y]]).zones['u'].entries;
    expect([entries(5, 20), entries(15, 20), entries(25, 20), entries(15, 5)]).toEqual([
      1, 0, 1, 1,
    ]);
  });
});

describe('ZoneCounter', () => {
  const frame = { index: 0, time: 0 };

  it('scales relative coordinates by the size of the frame', () => {
    const zones: Zones = {
      zones: [
        {
          name: 'left',
          points: [
            [0, 0],
            [0.5, 0],
            [0.5, 1],
            [0, 1],
          ],
        },
      ],
    };
    const counter = new ZoneCounter(zones);
    const sized = { ...frame, width: 640, height: 480 };
    const events = counter.update([standing(300, 200, 1), standing(340, 200, 2)], sized);
    expect(events.map(({ trackId }) => trackId)).toEqual([1]);
    expect(() => counter.update([], frame)).toThrow('need the size of the frame');
  });

  it.each(['relative', 'pixels'] as const)(
    'counts at the border of the frame, %s',
    (coordinates) => {
      const [width, height] = coordinates === 'pixels' ? [640, 480] : [1, 1];
      const points = [
        [0, 0],
        [width, 0],
        [width, height],
        [0, height],
      ] as const;
      const counter = new ZoneCounter({ coordinates, zones: [{ name: 'all', points }] });
      const cut = [standing(300, 480, 1), standing(640, 200, 2), standing(0, 20, 3)];
      const events = counter.update(cut, { ...frame, width: 640, height: 480 });
      expect(events.map(({ trackId }) => trackId)).toEqual([1, 2, 3]);
    },
  );

  it('follows the point of the box that the zones name', () => {
    const entries = (boxPoint?: Zones['boxPoint']) =>
      // The box extends from 85 to 105.
      walk({ zones: [square], ...(boxPoint && { boxPoint }) }, [[150, 105]]).zones['yard'].entries;
    expect([entries(), entries('bottom'), entries('center'), entries('top')]).toEqual([1, 1, 0, 0]);
  });

  it('counts the classes that a shape names, and no detection without an id', () => {
    const counter = new ZoneCounter(pixels({ zones: [{ ...square, classes: ['dog', 'cat'] }] }));
    const events = counter.update(
      [
        standing(150, 150, 1),
        standing(150, 150, 2, 'dog'),
        { ...standing(150, 150), trackId: undefined },
      ],
      frame,
    );
    expect(events.map(({ label }) => label)).toEqual(['dog']);
  });

  it('counts several objects separately', () => {
    const counter = new ZoneCounter(pixels({ lines: [line] }));
    counter.update([standing(120, 90, 1), standing(180, 110, 2)], frame);
    counter.update([standing(180, 90, 2), standing(120, 110, 1)], { index: 1, time: 40 });
    expect(counter.totals.lines).toEqual({ door: { forward: 1, backward: 1 } });
  });

  it('gives totals that later frames do not change, under any name', () => {
    const counter = new ZoneCounter(pixels({ zones: [{ ...square, name: '__proto__' }] }));
    const before = counter.totals;
    counter.update([standing(150, 150)], frame);
    expect(Object.keys(before.zones)).toEqual(['__proto__']);
    expect(Object.values(before.zones)[0]).toMatchObject({ entries: 0, dwell: { frames: 0 } });
    expect(Object.values(counter.totals.zones)[0].dwell.frames).toBe(1);
  });
});
