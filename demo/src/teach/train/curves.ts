/** Curves of a run as SVG: grow while it trains. */

export interface Curve {
  points: readonly (readonly [x: number, y: number])[];
  /** Highest value of the axis; default: that of the curve. */
  most?: number;
  /** Right end of the axis. */
  end: number;
  format: (value: number) => string;
}

const WIDTH = 480;
const HEIGHT = 150;
const LEFT = 44;
const BOTTOM = 20;
const TICKS = [0, 0.5, 1];
const NAMESPACE = 'http://www.w3.org/2000/svg';

export function drawCurve(svg: SVGSVGElement, { points, most, end, format }: Curve): void {
  const highest = Math.max(0, ...points.map(([, y]) => y));
  const top = most ?? (highest || 1);
  const x = (value: number) => LEFT + (value / Math.max(1, end)) * (WIDTH - LEFT - 8);
  const y = (value: number) => 8 + (1 - Math.min(1, value / top)) * (HEIGHT - BOTTOM - 8);
  svg.setAttribute('viewBox', `0 0 ${WIDTH} ${HEIGHT}`);
  const line = points.map(([at, value]) => `${x(at).toFixed(1)},${y(value).toFixed(1)}`).join(' ');
  const last = points.at(-1);
  svg.replaceChildren(
    ...TICKS.flatMap((share) => [
      node('line', { x1: LEFT, x2: WIDTH - 8, y1: y(share * top), y2: y(share * top) }),
      node('text', { x: LEFT - 6, y: y(share * top) + 4, class: 'end' }, format(share * top)),
    ]),
    node('text', { x: LEFT, y: HEIGHT - 4 }, '0'),
    node('text', { x: WIDTH - 8, y: HEIGHT - 4, class: 'end' }, String(Math.round(end))),
    node('polyline', { points: line }),
    ...(last ? [node('circle', { cx: x(last[0]), cy: y(last[1]), r: 4 })] : []),
  );
}

/** Averages neighbors: single steps see other images. */
export function smoothed(values: readonly number[], past = 0.9): number[] {
  let mean = values[0] ?? 0;
  return values.map((value) => {
    mean = past * mean + (1 - past) * value;
    return mean;
  });
}

function node(name: string, attributes: Record<string, string | number>, text = ''): SVGElement {
  const created = document.createElementNS(NAMESPACE, name);
  for (const [key, value] of Object.entries(attributes)) created.setAttribute(key, String(value));
  created.textContent = text;
  return created;
}
