/** Drawing and moving with mouse, finger, pen and keyboard. */
import type { Point } from 'refinedet';
import type { Drawing } from './drawing.ts';
import type { Editor } from './editor.ts';
import { freshName, inside, LEAST_CORNERS, movedBy, type Shape, withPoint } from './plan.ts';

/** CSS pixels within which a press is a click, and the first corner is met again. */
const NEAR = 14;
/** Steps of arrow keys, in fractions of the frame. */
const STEP = 0.01;
const SMALL_STEP = 0.001;

const ARROWS: Readonly<Record<string, Point>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

interface Drag {
  /** Point of the shape; undefined for all of it. */
  point?: number;
  from: Point;
  shape: Shape;
  hasMoved: boolean;
}

export class Pointer {
  readonly #drawing: Drawing;
  readonly #editor: Editor;
  readonly #changed: () => void;
  #tool: Shape['kind'] | undefined;
  #draft: Point[] = [];
  #pressed: Point | undefined;
  #drag: Drag | undefined;

  /** @param changed called when the tool or what is being drawn changes */
  constructor(drawing: Drawing, editor: Editor, changed: () => void) {
    this.#drawing = drawing;
    this.#editor = editor;
    this.#changed = changed;
    const { element } = drawing;
    element.addEventListener('pointerdown', (event) => this.#press(event));
    element.addEventListener('pointermove', (event) => this.#move(event));
    element.addEventListener('pointerup', (event) => this.#release(event));
    element.addEventListener('pointercancel', () => this.cancel());
    element.addEventListener('focusin', ({ target }) => this.#focus(target as Element));
    document.addEventListener('keydown', (event) => this.#key(event));
  }

  get tool(): Shape['kind'] | undefined {
    return this.#tool;
  }

  /** Points that are drawn so far; the last one follows the pointer. */
  get draft(): readonly Point[] {
    return this.#draft;
  }

  /** Takes a tool, or puts it away. */
  take(tool: Shape['kind'] | undefined): void {
    this.#tool = tool;
    this.#draft = [];
    this.#pressed = undefined;
    if (tool) this.#editor.choose(-1);
    this.#changed();
  }

  /** Adds a shape in the middle, for those who do not point. */
  addInMiddle(kind: Shape['kind']): void {
    const square: Point[] = [
      [0.35, 0.35],
      [0.65, 0.35],
      [0.65, 0.65],
      [0.35, 0.65],
    ];
    const line: Point[] = [
      [0.25, 0.5],
      [0.75, 0.5],
    ];
    this.#finish(kind, kind === 'line' ? line : square);
    this.#drawing.focus(0);
  }

  cancel(): void {
    this.#drag = undefined;
    this.take(undefined);
  }

  #finish(kind: Shape['kind'], points: readonly Point[]): void {
    const name = freshName(this.#editor.shapes, kind);
    this.take(undefined);
    this.#editor.add({ kind, name, classes: [], points: points.map(inside) });
  }

  #press(event: PointerEvent): void {
    if (event.button !== 0) return;
    this.#drawing.element.setPointerCapture(event.pointerId);
    const place = inside(this.#drawing.placeOf(event));
    if (this.#tool) {
      if (this.#draft.length === 0) this.#draft = [place, place];
      this.#pressed = place;
      this.#changed();
      return;
    }
    this.#grab(event.target as Element, place);
  }

  #grab(target: Element, from: Point): void {
    const handle = target.closest<SVGElement>('[data-point]');
    const grip = target.closest<SVGElement>('[data-shape]');
    if (!handle) this.#editor.choose(grip ? Number(grip.dataset['shape']) : -1);
    const { shape } = this.#editor;
    if (!shape || !(handle || grip)) return;
    const point = handle ? Number(handle.dataset['point']) : undefined;
    if (point !== undefined) this.#drawing.focus(point);
    this.#drag = { point, from, shape, hasMoved: false };
  }

  #move(event: PointerEvent): void {
    const place = this.#drawing.placeOf(event);
    if (this.#draft.length > 0) {
      this.#draft[this.#draft.length - 1] = inside(place);
      this.#changed();
    }
    const drag = this.#drag;
    if (!drag) return;
    const { from, shape, point } = drag;
    if (!drag.hasMoved && this.#drawing.distance(from, place) < NEAR / 4) return;
    const by: Point = [place[0] - from[0], place[1] - from[1]];
    const moved = point === undefined ? movedBy(shape, by) : withPoint(shape, point, place);
    this.#editor.update(moved, { goesOn: drag.hasMoved });
    drag.hasMoved = true;
  }

  #release(event: PointerEvent): void {
    this.#drag = undefined;
    if (!this.#tool || !this.#pressed) return;
    const place = inside(this.#drawing.placeOf(event));
    const corners = this.#draft.slice(0, -1);
    const isClick = this.#drawing.distance(this.#pressed, place) < NEAR;
    this.#pressed = undefined;
    const isFirst = corners.length === 1 && this.#drawing.distance(corners[0], place) < NEAR;
    // A first click sets the start; a drag sets the start and the next point.
    if (isFirst && isClick) return;
    const isClosing =
      corners.length >= LEAST_CORNERS && this.#drawing.distance(corners[0], place) < NEAR;
    if (this.#tool === 'line') this.#finish('line', [corners[0], place]);
    else if (isClosing) this.#finish('zone', corners);
    else {
      this.#draft = [...corners, place, place];
      this.#changed();
    }
  }

  #focus(target: Element): void {
    const point = target.closest<SVGElement>('[data-point]')?.dataset['point'];
    if (point === undefined || Number(point) === this.#editor.corner) return;
    this.#editor.choose(this.#editor.chosen, Number(point));
  }

  #key(event: KeyboardEvent): void {
    const isTyping = event.target instanceof Element && event.target.matches('input, select');
    if (event.key === 'z' && (event.ctrlKey || event.metaKey) && !isTyping) {
      event.preventDefault();
      this.#editor.undo();
    } else if (this.#tool) this.#drawingKey(event);
    else if (event.key === 'Escape' && !isTyping) this.#editor.choose(-1);
    else if (this.#drawing.element.contains(event.target as Node)) this.#pointKey(event);
  }

  /** Escape gives up, Enter closes a zone, Backspace takes the last corner back. */
  #drawingKey(event: KeyboardEvent): void {
    const corners = this.#draft.slice(0, -1);
    if (event.key === 'Escape') this.take(undefined);
    else if (event.key === 'Enter' && corners.length >= LEAST_CORNERS) {
      this.#finish('zone', corners);
    } else if (event.key === 'Backspace' && corners.length > 1) {
      this.#draft.splice(-2, 1);
      this.#changed();
    } else return;
    event.preventDefault();
  }

  #pointKey(event: KeyboardEvent): void {
    const { shape, corner } = this.#editor;
    const arrow = ARROWS[event.key];
    if (shape && arrow) {
      const step = event.shiftKey ? SMALL_STEP : STEP;
      const [x, y] = shape.points[corner];
      const place: Point = [x + step * arrow[0], y + step * arrow[1]];
      this.#editor.update(withPoint(shape, corner, place), { goesOn: event.repeat });
    } else if (event.key === 'Delete' || event.key === 'Backspace') {
      this.#editor.removeCorner();
      this.#drawing.focus(this.#editor.corner);
    } else return;
    event.preventDefault();
  }
}
