/** Draws the plan over the frame as SVG, in pixels of the frame. */
import type { Point } from 'refinedet';
import { classColor } from '../../../src/image/colors.ts';
import { byId } from '../dom.ts';
import type { Editor } from './editor.ts';
import type { Shape, Size } from './plan.ts';

const NAMESPACE = 'http://www.w3.org/2000/svg';
/** Sizes in CSS pixels. A finger needs 44. */
const HANDLE = 7;
const TOUCH = 22;
const ARROW = 26;
const ARROW_HEAD = 8;

type Attributes = Readonly<Record<string, string | number>>;

function svg(name: string, attributes: Attributes, ...children: Element[]): SVGElement {
  const created = document.createElementNS(NAMESPACE, name);
  for (const [key, value] of Object.entries(attributes)) created.setAttribute(key, String(value));
  created.append(...children);
  return created;
}

export class Drawing {
  readonly element = byId<SVGSVGElement>('drawing');
  readonly #editor: Editor;
  #size: Size = { width: 1, height: 1 };

  constructor(editor: Editor) {
    this.#editor = editor;
  }

  /** Pixels of the frame per CSS pixel. */
  get unit(): number {
    const { clientWidth, clientHeight } = this.element;
    return Math.max(this.#size.width / clientWidth, this.#size.height / clientHeight) || 1;
  }

  set size(size: Size) {
    this.#size = size;
    this.element.setAttribute('viewBox', `0 0 ${size.width} ${size.height}`);
  }

  /** Place in fractions of the frame under a pointer. */
  placeOf({ clientX, clientY }: MouseEvent): Point {
    const matrix = this.element.getScreenCTM()!.inverse();
    const { x, y } = new DOMPoint(clientX, clientY).matrixTransform(matrix);
    return [x / this.#size.width, y / this.#size.height];
  }

  /** Distance between two places in CSS pixels. */
  distance(a: Point, b: Point): number {
    const { width, height } = this.#size;
    return Math.hypot((a[0] - b[0]) * width, (a[1] - b[1]) * height) / this.unit;
  }

  /** @param draft points of a shape that is being drawn; the last one follows the pointer */
  show(draft: readonly Point[] = []): void {
    const { shapes, chosen } = this.#editor;
    const focused = this.element.contains(document.activeElement)
      ? (document.activeElement as SVGElement).dataset['point']
      : undefined;
    // The chosen shape lies on top.
    const order = [...shapes.keys()].sort((a, b) => Number(a === chosen) - Number(b === chosen));
    this.element.replaceChildren(
      ...order.map((index) => this.#shape(shapes[index], index, index === chosen)),
      ...(draft.length > 0 ? [this.#draft(draft)] : []),
    );
    if (focused !== undefined) this.focus(Number(focused));
  }

  /** Moves the focus to a point of the chosen shape. */
  focus(point: number): void {
    this.element.querySelector<SVGElement>(`[data-point="${point}"]`)?.focus();
  }

  #pixels(points: readonly Point[]): Point[] {
    return points.map(([x, y]) => [x * this.#size.width, y * this.#size.height]);
  }

  #shape(shape: Shape, index: number, isChosen: boolean): SVGElement {
    const points = this.#pixels(shape.points);
    const path = pathOf(points, shape.kind === 'zone');
    const top = points.reduce((best, point) => (point[1] < best[1] ? point : best));
    const size = 15 * this.unit;
    const place = {
      x: Math.min(Math.max(top[0], size), this.#size.width - size),
      y: Math.max(top[1] - 0.9 * size, 1.1 * size),
    };
    const name = svg('text', {
      ...place,
      'font-size': size,
      'text-anchor': anchorOf(place, this.#size),
    });
    name.textContent = shape.name;
    return svg(
      'g',
      {
        class: `shape ${shape.kind}${isChosen ? ' chosen' : ''}`,
        style: `--color: ${colorOf(index)}`,
      },
      svg('path', { class: 'grip', d: path, 'data-shape': index }),
      svg('path', { class: 'edge', d: path }),
      svg('path', { class: 'stroke', d: path }),
      ...(shape.kind === 'line' ? this.#arrow(points) : []),
      name,
      ...(isChosen ? points.flatMap((point, i) => this.#handle(shape, point, i)) : []),
    );
  }

  /** The direction that counts as forward: to the right, seen from the first point. */
  #arrow([[ax, ay], [bx, by]]: Point[]): SVGElement[] {
    const length = Math.hypot(bx - ax, by - ay) || 1;
    const [nx, ny] = [-(by - ay) / length, (bx - ax) / length];
    const [mx, my] = [(ax + bx) / 2, (ay + by) / 2];
    const at = (forward: number, aside: number): Point => [
      mx + this.unit * (forward * nx + aside * ny),
      my + this.unit * (forward * ny - aside * nx),
    ];
    const tip = at(ARROW, 0);
    const head = [at(ARROW - ARROW_HEAD, ARROW_HEAD), tip, at(ARROW - ARROW_HEAD, -ARROW_HEAD)];
    const d = `${pathOf([[mx, my], tip])} ${pathOf(head)}`;
    return [svg('path', { class: 'edge', d }), svg('path', { class: 'stroke arrow', d })];
  }

  #handle({ name, kind }: Shape, [cx, cy]: Point, index: number): SVGElement[] {
    const what = kind === 'line' ? (index === 0 ? 'Start' : 'End') : `Corner ${index + 1}`;
    const isCorner = index === this.#editor.corner;
    const dot = svg('circle', { class: 'dot', cx, cy, r: HANDLE * this.unit });
    const touch = svg('circle', { class: 'touch', cx, cy, r: TOUCH * this.unit });
    const attributes = {
      class: `handle${isCorner ? ' current' : ''}`,
      ...{ tabindex: 0, role: 'button', 'data-point': index, 'aria-label': `${what} of ${name}` },
    };
    return [svg('g', attributes, touch, dot)];
  }

  #draft(draft: readonly Point[]): SVGElement {
    const points = this.#pixels(draft);
    const dots = points
      .slice(0, -1)
      .map(([cx, cy]) => svg('circle', { class: 'dot', cx, cy, r: HANDLE * this.unit }));
    const d = pathOf(points);
    const style = `--color: ${colorOf(this.#editor.shapes.length)}`;
    const lines = ['edge', 'stroke'].map((name) => svg('path', { class: name, d }));
    return svg('g', { class: 'shape draft', style }, ...lines, ...dots);
  }
}

export function colorOf(index: number): string {
  return `rgb(${classColor(index + 1).join(' ')})`;
}

function pathOf(points: readonly Point[], isClosed = false): string {
  return `M${points.map((point) => point.join(' ')).join('L')}${isClosed ? 'Z' : ''}`;
}

/** Keeps a name inside the frame. */
function anchorOf({ x }: { x: number }, { width }: Size): string {
  if (x < width / 5) return 'start';
  return x > (4 * width) / 5 ? 'end' : 'middle';
}
