/** Anti-aliased text without a canvas: fills TrueType outlines by scanlines. */
import { CAP_HEIGHT, GLYPHS } from './glyphs.ts';

/** Opacity of the pixels of one line of text, row after row, 0 to 1. */
export interface TextMask {
  width: number;
  height: number;
  alpha: Float32Array;
}

/** One filled shape of straight edges: x0, y0, x1, y1, ... in units, y up; closed. */
type Polygon = number[];

interface Glyph {
  advance: number;
  polygons: Polygon[];
}

const PEN_START = 64;

/** Units above and below the capital letters: accents, commas and letters such as g. */
const ASCENT = 42;
const DESCENT = 48;

/** Scanlines per pixel row; across a row, coverage is exact. */
const SUBSAMPLES = 8;

/** Straight pieces per curve: more make no visible difference at label sizes. */
const CURVE_PIECES = 4;

/**
 * Draws a line of text. Characters outside ASCII and Latin-1 become "?".
 * @param capHeight height of capital letters in pixels
 */
export function renderText(text: string, capHeight: number): TextMask {
  const scale = capHeight / CAP_HEIGHT;
  const glyphs = Array.from(text, glyphOf);
  const advance = glyphs.reduce((sum, glyph) => sum + glyph.advance, 0);
  const width = Math.ceil(advance * scale) + 1;
  const baseline = Math.ceil((CAP_HEIGHT + ASCENT) * scale);
  const height = baseline + Math.ceil(DESCENT * scale);
  // One more column takes what an edge in the last one leaves to its right.
  const stride = width + 1;
  const edges = new Float32Array(stride * height);
  let pen = 0;
  for (const glyph of glyphs) {
    for (const polygon of glyph.polygons) {
      const points = polygon.map((v, i) => (i % 2 ? baseline - v * scale : (v + pen) * scale));
      addPolygon(points, edges, stride, height);
    }
    pen += glyph.advance;
  }
  return { width, height, alpha: accumulate(edges, stride, width, height) };
}

/**
 * For every scanline that an edge crosses, adds the edge's direction at the crossing, shared between
 * the two nearest columns: the running sum along a row is then the winding number, which is the coverage.
 */
function addPolygon(points: Polygon, edges: Float32Array, stride: number, height: number): void {
  const n = points.length;
  for (let i = 0; i < n; i += 2) {
    const [xa, ya] = [points[i], points[i + 1] * SUBSAMPLES];
    const [xb, yb] = [points[(i + 2) % n], points[(i + 3) % n] * SUBSAMPLES];
    const direction = yb > ya ? 1 / SUBSAMPLES : -1 / SUBSAMPLES;
    const from = Math.max(0, Math.ceil(Math.min(ya, yb) - 0.5));
    const to = Math.min(height * SUBSAMPLES, Math.ceil(Math.max(ya, yb) - 0.5));
    for (let line = from; line < to; line++) {
      const x = xa + ((line + 0.5 - ya) / (yb - ya)) * (xb - xa);
      const column = Math.max(0, Math.min(stride - 2, Math.floor(x)));
      const right = Math.max(0, Math.min(1, x - column));
      const at = Math.floor(line / SUBSAMPLES) * stride + column;
      edges[at] += direction * (1 - right);
      edges[at + 1] += direction * right;
    }
  }
}

function accumulate(
  edges: Float32Array,
  stride: number,
  width: number,
  height: number,
): Float32Array {
  const alpha = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    let winding = 0;
    for (let x = 0; x < width; x++) {
      winding += edges[y * stride + x];
      alpha[y * width + x] = Math.min(1, Math.abs(winding));
    }
  }
  return alpha;
}

let decoded: Map<string, Glyph> | undefined;

function glyphOf(character: string): Glyph {
  decoded ??= decodeGlyphs();
  return decoded.get(character) ?? decoded.get('?')!;
}

function decodeGlyphs(): Map<string, Glyph> {
  const bytes = Uint8Array.from(atob(GLYPHS), (c) => c.charCodeAt(0));
  const steps = new Int8Array(bytes.buffer);
  const glyphs = new Map<string, Glyph>();
  let at = 0;
  for (let code = 0x20; at < bytes.length; code = code === 0x7e ? 0xa0 : code + 1) {
    const advance = bytes[at++];
    const polygons: Polygon[] = [];
    for (let contours = bytes[at++]; contours > 0; contours--) {
      const count = bytes[at++];
      const flags = at;
      at += Math.ceil(count / 8);
      let [x, y] = [PEN_START, PEN_START];
      const points: ControlPoint[] = [];
      for (let i = 0; i < count; i++) {
        x += steps[at++];
        y += steps[at++];
        points.push({ x, y, onCurve: ((bytes[flags + (i >> 3)] >> (i & 7)) & 1) === 1 });
      }
      polygons.push(flatten(points));
    }
    glyphs.set(String.fromCharCode(code), { advance, polygons });
  }
  return glyphs;
}

interface ControlPoint {
  x: number;
  y: number;
  onCurve: boolean;
}

/**
 * Converts quadratic curves to straight pieces. Between two points off the curve, TrueType implies a
 * point on it, half-way. The first point is on the curve.
 */
function flatten(points: ControlPoint[]): Polygon {
  const polygon: Polygon = [];
  let start = points[0];
  for (let i = 0; i < points.length; i++) {
    const point = points[i];
    if (point.onCurve) {
      polygon.push(point.x, point.y);
      start = point;
      continue;
    }
    const next = points[(i + 1) % points.length];
    const end = next.onCurve
      ? next
      : { x: (point.x + next.x) / 2, y: (point.y + next.y) / 2, onCurve: true };
    for (let piece = 1; piece <= CURVE_PIECES; piece++) {
      const t = piece / CURVE_PIECES;
      const [a, b, c] = [(1 - t) ** 2, 2 * t * (1 - t), t * t];
      polygon.push(a * start.x + b * point.x + c * end.x, a * start.y + b * point.y + c * end.y);
    }
    start = end;
  }
  return polygon;
}
