/** Points, lines and polygons of a frame; y points down. */

/** A point in pixels, or in fractions of the frame's width and height. */
export type Point = readonly [x: number, y: number];

/**
 * Returns the distance of a point from the line through a and b: positive on the right-hand side, seen
 * from a towards b, negative on the left-hand side.
 */
export function lineDistance([px, py]: Point, [ax, ay]: Point, [bx, by]: Point): number {
  return ((bx - ax) * (py - ay) - (by - ay) * (px - ax)) / Math.hypot(bx - ax, by - ay);
}

/** Returns whether the path from `from` to `to`, on two sides of the line, passes between a and b. */
export function passesBetween(from: Point, to: Point, a: Point, b: Point): boolean {
  const before = lineDistance(from, a, b);
  const share = before / (before - lineDistance(to, a, b));
  const position = along(
    [from[0] + share * (to[0] - from[0]), from[1] + share * (to[1] - from[1])],
    a,
    b,
  );
  return position >= 0 && position <= 1;
}

/** Returns the distance from the edge of a polygon: positive inside (even-odd rule), negative outside. */
export function polygonDistance(point: Point, corners: readonly Point[]): number {
  const [x, y] = point;
  let isInside = false;
  let nearest = Number.POSITIVE_INFINITY;
  for (const [i, a] of corners.entries()) {
    const b = corners[(i + 1) % corners.length];
    const isBetween = a[1] > y !== b[1] > y;
    if (isBetween && x < a[0] + ((y - a[1]) / (b[1] - a[1])) * (b[0] - a[0])) isInside = !isInside;
    const position = Math.min(1, Math.max(0, along(point, a, b)));
    const [edgeX, edgeY] = [a[0] + position * (b[0] - a[0]), a[1] + position * (b[1] - a[1])];
    nearest = Math.min(nearest, Math.hypot(x - edgeX, y - edgeY));
  }
  return isInside ? nearest : -nearest;
}

/** Returns the position of a point's projection on the line: 0 at a, 1 at b. */
function along([px, py]: Point, [ax, ay]: Point, [bx, by]: Point): number {
  const [dx, dy] = [bx - ax, by - ay];
  return ((px - ax) * dx + (py - ay) * dy) / (dx ** 2 + dy ** 2);
}
