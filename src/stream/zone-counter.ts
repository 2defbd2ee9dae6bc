/**
 * Counts tracked objects at lines and in zones. A point of its box represents an object, by default the
 * middle of the bottom edge. An object is beyond a line or an edge from a minimum distance on, so that
 * jittering boxes count once.
 */
import type { Box } from '../boxes.ts';
import { RefineDetError } from '../errors.ts';
import { resolveFields, wholeFrom } from '../option-checks.ts';
import type { TrackedDetection } from './tracker.ts';
import { lineDistance, type Point, passesBetween, polygonDistance } from './zone-geometry.ts';
import { type BoxPoint, checkZones, type ZoneShape, type Zones } from './zones.ts';

/** Number, time and size of a frame. */
export interface ZoneFrame {
  /** Number of the frame. */
  index: number;
  /** Time of the frame in milliseconds. */
  time: number;
  /** Size of the frame in pixels: the scale of relative coordinates and the limit of boxes. */
  width?: number;
  height?: number;
}

interface EventBase {
  /** Id of the track. */
  trackId: number;
  label: string;
  /** Number of the frame; for an exit, the first frame outside, or the last one that shows the object. */
  frame: number;
  /** Time of this frame in milliseconds. */
  time: number;
}

/** Direction of a crossing: seen from the first point to the second, `forward` is left to right. */
export type CrossingDirection = 'forward' | 'backward';

/** A crossing of a line, an entry into a zone, or an exit from it. */
export type ZoneEvent = EventBase &
  (
    | { type: 'crossing'; line: string; direction: CrossingDirection }
    | { type: 'entry'; zone: string }
    | { type: 'exit'; zone: string; dwell: Dwell }
  );

/** How long an object was in a zone. */
export interface Dwell {
  /** Number of frames that show the object in the zone. */
  frames: number;
  /** Milliseconds from the entry to the last of these frames. */
  time: number;
}

/** Counts since the first frame. */
export interface ZoneTotals {
  lines: Record<string, Record<CrossingDirection, number>>;
  zones: Record<string, ZoneTotal>;
}

/** The sums of one zone. */
export interface ZoneTotal {
  entries: number;
  exits: number;
  /** Number of objects that are inside now. */
  occupancy: number;
  /** Sums over all visits, including those of objects that are still inside. */
  dwell: Dwell;
  /** Milliseconds of the longest visit. */
  longest: number;
}

/** Options of {@link ZoneCounter}. */
export interface ZoneCounterOptions {
  /** Number of frames that an object may be missing before it leaves its zones. Default 30. */
  maxMissed?: number;
}

interface Visit extends Dwell {
  entered: number;
  /** The last frame that shows the object in the zone. */
  last: ZoneFrame;
}

/** State of a track. */
interface Visitor {
  label: string;
  missed: number;
  /** Last certain position at each line. */
  sides: Map<string, { isRight: boolean; point: Point }>;
  visits: Map<string, Visit>;
}

const DEFAULTS = { maxMissed: 30 };
const DEFAULT_TOLERANCE = 0.05;
const SHARES: Readonly<Record<BoxPoint, number>> = { top: 0, center: 0.5, bottom: 1 };

/** Counts crossings of lines, and entries, exits, occupancy and dwell times of zones. */
export class ZoneCounter {
  readonly #zones: Zones;
  readonly #maxMissed: number;
  readonly #visitors = new Map<number, Visitor>();
  readonly #lines: Map<string, Record<CrossingDirection, number>>;
  readonly #totals: Map<string, Omit<ZoneTotal, 'occupancy'>>;

  /** @throws INVALID_OPTION */
  constructor(zones: Zones, options: ZoneCounterOptions = {}) {
    this.#zones = checkZones(zones);
    const rules = { maxMissed: wholeFrom(0) };
    this.#maxMissed = resolveFields('zoneCounter', options, DEFAULTS, rules).maxMissed;
    const { lines = [], zones: areas = [] } = zones;
    this.#lines = new Map(lines.map(({ name }) => [name, { forward: 0, backward: 0 }]));
    const none = () => ({ entries: 0, exits: 0, dwell: { frames: 0, time: 0 }, longest: 0 });
    this.#totals = new Map(areas.map(({ name }) => [name, none()]));
  }

  /**
   * Returns the events of the next frame. Ignores detections without a track id.
   * @throws INVALID_ARGUMENT when coordinates are relative and the frame has no size
   */
  update(detections: readonly TrackedDetection[], frame: ZoneFrame): ZoneEvent[] {
    const events: ZoneEvent[] = [];
    const place = this.#placement(frame);
    const { boxPoint = 'bottom', tolerance = DEFAULT_TOLERANCE } = this.#zones;
    for (const visitor of this.#visitors.values()) visitor.missed++;
    for (const { trackId, label, box } of detections) {
      if (trackId === undefined) continue;
      const visitor = this.#visitor(trackId, label);
      const common = { trackId, label, frame: frame.index, time: frame.time };
      const least = tolerance * box.height;
      const point = inwards(pointOf(box, boxPoint), least + 1, frame);
      for (const line of this.#zones.lines ?? []) {
        if (!counts(line, label)) continue;
        const [a, b] = line.points.map(place);
        const direction = passed(visitor, line.name, point, [a, b], least);
        if (!direction) continue;
        this.#lines.get(line.name)![direction]++;
        events.push({ type: 'crossing', line: line.name, direction, ...common });
      }
      for (const zone of this.#zones.zones ?? []) {
        if (!counts(zone, label)) continue;
        const total = this.#totals.get(zone.name)!;
        const distance = polygonDistance(point, zone.points.map(place));
        const visit = visitor.visits.get(zone.name);
        const isBeyond = Math.abs(distance) >= least && distance !== 0;
        if (visit && isBeyond && distance < 0) {
          events.push({ type: 'exit', zone: zone.name, dwell: dwellOf(visit), ...common });
          total.exits++;
          visitor.visits.delete(zone.name);
        } else if (visit) {
          this.#stay(zone.name, visit, frame);
        } else if (isBeyond && distance > 0) {
          const begun: Visit = { entered: frame.time, frames: 0, time: 0, last: frame };
          visitor.visits.set(zone.name, begun);
          total.entries++;
          events.push({ type: 'entry', zone: zone.name, ...common });
          this.#stay(zone.name, begun, frame);
        }
      }
    }
    return [...events, ...this.#forgetLost()];
  }

  /** The sums of all frames so far. */
  get totals(): ZoneTotals {
    const visitors = [...this.#visitors.values()];
    const zones = [...this.#totals].map(([name, total]): [string, ZoneTotal] => {
      const occupancy = visitors.filter(({ visits }) => visits.has(name)).length;
      return [name, { ...total, dwell: { ...total.dwell }, occupancy }];
    });
    const lines = [...this.#lines].map(([name, total]) => [name, { ...total }] as const);
    return { lines: Object.fromEntries(lines), zones: Object.fromEntries(zones) };
  }

  /** Returns the conversion from coordinates of the zones to pixels. */
  #placement({ width, height }: ZoneFrame): (point: Point) => Point {
    if (this.#zones.coordinates === 'pixels') return (point) => point;
    if (width && height) return ([x, y]) => [x * width, y * height];
    throw new RefineDetError(
      'INVALID_ARGUMENT',
      `zones in relative coordinates need the size of the frame, not ${width} × ${height}`,
    );
  }

  #visitor(id: number, label: string): Visitor {
    const visitor = this.#visitors.get(id) ?? {
      label,
      missed: 0,
      sides: new Map(),
      visits: new Map(),
    };
    visitor.missed = 0;
    this.#visitors.set(id, visitor);
    return visitor;
  }

  #stay(name: string, visit: Visit, frame: ZoneFrame): void {
    const total = this.#totals.get(name)!;
    const time = frame.time - visit.entered;
    total.dwell.frames++;
    total.dwell.time += time - visit.time;
    total.longest = Math.max(total.longest, time);
    visit.frames++;
    visit.time = time;
    visit.last = frame;
  }

  #forgetLost(): ZoneEvent[] {
    const events: ZoneEvent[] = [];
    for (const [trackId, { label, missed, visits }] of this.#visitors) {
      if (missed <= this.#maxMissed) continue;
      for (const [zone, visit] of visits) {
        const { index, time } = visit.last;
        events.push({
          type: 'exit',
          zone,
          dwell: dwellOf(visit),
          trackId,
          label,
          frame: index,
          time,
        });
        this.#totals.get(zone)!.exits++;
      }
      this.#visitors.delete(trackId);
    }
    return events;
  }
}

/** Records the side of a line that an object is on; returns the direction if it has crossed the line. */
function passed(
  { sides }: Visitor,
  name: string,
  point: Point,
  [a, b]: readonly [Point, Point],
  least: number,
): CrossingDirection | undefined {
  const distance = lineDistance(point, a, b);
  if (Math.abs(distance) < least || distance === 0) return undefined;
  const before = sides.get(name);
  const isRight = distance > 0;
  sides.set(name, { isRight, point });
  if (!before || before.isRight === isRight) return undefined;
  if (!passesBetween(before.point, point, a, b)) return undefined;
  return isRight ? 'forward' : 'backward';
}

function counts({ classes }: ZoneShape, label: string): boolean {
  return classes === undefined || classes.includes(label);
}

function pointOf({ x, y, width, height }: Box, which: BoxPoint): Point {
  return [x + width / 2, y + SHARES[which] * height];
}

/**
 * Moves a point to a distance from the border of the frame, when its size is known. Boxes end at the
 * border: without this, no object could be beyond the edge of a zone that reaches the border.
 */
function inwards([x, y]: Point, distance: number, { width, height }: ZoneFrame): Point {
  const within = (value: number, size = Number.POSITIVE_INFINITY) =>
    Math.min(Math.max(value, distance), size - distance);
  return width && height ? [within(x, width), within(y, height)] : [x, y];
}

function dwellOf({ frames, time }: Visit): Dwell {
  return { frames, time };
}
