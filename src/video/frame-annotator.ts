/** Draws what a video shows: boxes with ids, trails, lines, zones and their counts. */
import { drawLine, toRgb } from '../image/canvas.ts';
import { classColor, type Rgb } from '../image/colors.ts';
import { drawDetections, drawingSizes, drawLabel } from '../image/draw.ts';
import { makeLabel, placeLabel } from '../image/label.ts';
import type { RawImage } from '../image/raw-image.ts';
import type { TrackedDetection } from '../stream/tracker.ts';
import type { ZoneTotals } from '../stream/zone-counter.ts';
import type { Point } from '../stream/zone-geometry.ts';
import type { Zones } from '../stream/zones.ts';

/** Milliseconds that a trail shows. */
const TRAIL_TIME = 2000;
/** Opacity that a trail has lost at its end. */
const FADING = 0.8;
/** White beside black is visible on any background. */
const WHITE: Rgb = [255, 255, 255];
const BLACK: Rgb = [0, 0, 0];
const EDGE_OPACITY = 0.5;

interface Trail {
  color: Rgb;
  points: { point: Point; time: number }[];
}

/** Draws frame after frame; remembers where the objects were. */
export class FrameAnnotator {
  readonly #zones: Zones;
  readonly #trails = new Map<number, Trail>();

  constructor(zones: Zones = {}) {
    this.#zones = zones;
  }

  /** Returns an annotated copy of a frame. */
  draw(
    image: RawImage,
    detections: readonly TrackedDetection[],
    time: number,
    totals?: ZoneTotals,
  ): RawImage {
    this.#follow(detections, time);
    const background = toRgb(image);
    const { line } = drawingSizes(image);
    // Boxes and their labels are drawn over lines.
    for (const points of this.#paths(image)) drawPath(background, points, line);
    for (const { color, points } of this.#trails.values()) {
      for (let i = 1; i < points.length; i++) {
        const age = (time - points[i].time) / TRAIL_TIME;
        const opacity = 1 - FADING * age;
        drawLine(background, points[i - 1].point, points[i].point, line, color, opacity);
      }
    }
    const canvas = drawDetections(background, detections);
    this.#drawNames(canvas, totals);
    return canvas;
  }

  #follow(detections: readonly TrackedDetection[], time: number): void {
    for (const { trackId, classId, box } of detections) {
      if (trackId === undefined) continue;
      const trail = this.#trails.get(trackId) ?? { color: classColor(classId), points: [] };
      trail.points.push({ point: [box.x + box.width / 2, box.y + box.height], time });
      this.#trails.set(trackId, trail);
    }
    for (const [id, { points }] of this.#trails) {
      while (points.length > 0 && time - points[0].time > TRAIL_TIME) points.shift();
      if (points.length === 0) this.#trails.delete(id);
    }
  }

  /** Lines, and zones as closed lines, in pixels. */
  #paths(image: RawImage): Point[][] {
    const { lines = [], zones = [] } = this.#zones;
    return [
      ...zones.map(({ points }) => this.#placed([...points, points[0]], image)),
      ...lines.map(({ points }) => this.#placed(points, image)),
    ];
  }

  #placed(points: readonly Point[], image: RawImage): Point[] {
    const isRelative = this.#zones.coordinates !== 'pixels';
    const [width, height] = isRelative ? [image.width, image.height] : [1, 1];
    return points.map(([x, y]) => [x * width, y * height]);
  }

  #drawNames(canvas: RawImage, totals?: ZoneTotals): void {
    for (const { name, points } of this.#zones.zones ?? []) {
      const { occupancy = 0, entries = 0, exits = 0 } = totals?.zones[name] ?? {};
      const text = `${name}: ${occupancy} inside, ${entries} in, ${exits} out`;
      drawName(canvas, this.#placed(points, canvas), text);
    }
    for (const { name, points } of this.#zones.lines ?? []) {
      const { forward = 0, backward = 0 } = totals?.lines[name] ?? {};
      const text = `${name}: ${forward} forward, ${backward} backward`;
      drawName(canvas, this.#placed(points, canvas), text);
    }
  }
}

function drawPath(canvas: RawImage, points: readonly Point[], line: number): void {
  for (const [thickness, color, opacity] of [
    [2 * line, BLACK, EDGE_OPACITY],
    [line, WHITE, 1],
  ] as const) {
    for (let i = 1; i < points.length; i++) {
      drawLine(canvas, points[i - 1], points[i], thickness, color, opacity);
    }
  }
}

/** Draws a name at the uppermost point of a line or zone. */
function drawName(canvas: RawImage, points: readonly Point[], name: string): void {
  const label = makeLabel(name, drawingSizes(canvas).capHeight, canvas);
  if (!label) return;
  const [x, y] = points.reduce((top, point) => (point[1] < top[1] ? point : top));
  const left = Math.max(0, Math.round(x));
  const at = { left, top: Math.round(y), right: left + 1, bottom: Math.round(y) + 1 };
  drawLabel(canvas, label, placeLabel(label, at, canvas, []), WHITE);
}
