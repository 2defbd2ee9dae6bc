/** The canvas of the editor: mouse, touch and wheel become changes of the editor. */
import type { Box } from '../../../../src/boxes.ts';
import type { Editor } from './editor.ts';
import { boxAt, boxBetween, type Handle, type Point, pull } from './geometry.ts';
import { paint, type Suggestion } from './paint.ts';
import { Viewport } from './viewport.ts';

/** Distance in CSS pixels at which an edge is hit: a finger covers more. */
const REACH = { mouse: 6, pen: 8, touch: 16 };
/** Movement in CSS pixels from which a press is a drag. */
const LEAST_DRAG = 4;
const WHEEL_SPEED = 0.0022;
const CURSORS: Readonly<Record<Handle, string>> = {
  n: 'ns-resize',
  s: 'ns-resize',
  w: 'ew-resize',
  e: 'ew-resize',
  nw: 'nwse-resize',
  se: 'nwse-resize',
  ne: 'nesw-resize',
  sw: 'nesw-resize',
  move: 'move',
};

type Gesture =
  | { kind: 'draw'; start: Point; isMoving: boolean }
  | { kind: 'pull'; start: Point; index: number; handle: Handle; box: Box; isMoving: boolean }
  | { kind: 'pan' };

export interface BoardListener {
  /** A box has been drawn. */
  drawn(box: Box): void;
  /** A suggestion has been clicked. */
  accepted(suggestion: Suggestion): void;
}

export class Board {
  readonly viewport = new Viewport();
  readonly #canvas: HTMLCanvasElement;
  readonly #editor: Editor;
  readonly #listener: BoardListener;
  readonly #pointers = new Map<number, Point>();
  #gesture: Gesture | undefined;
  #drawn: Box | undefined;
  #image: ImageBitmap | undefined;
  #isDue = false;
  suggestions: readonly Suggestion[] = [];
  classes: readonly string[] = [];
  /** Class of the next box. */
  activeClass = '';

  constructor(canvas: HTMLCanvasElement, editor: Editor, listener: BoardListener) {
    this.#canvas = canvas;
    this.#editor = editor;
    this.#listener = listener;
    canvas.addEventListener('pointerdown', (event) => this.#press(event));
    canvas.addEventListener('pointermove', (event) => this.#move(event));
    canvas.addEventListener('pointerup', (event) => this.#release(event, true));
    canvas.addEventListener('pointercancel', (event) => this.#release(event, false));
    canvas.addEventListener('wheel', (event) => this.#wheel(event), { passive: false });
    new ResizeObserver(() => this.#resize()).observe(canvas);
  }

  /** Shows another image; the one before is freed. */
  show(image: ImageBitmap | undefined): void {
    this.#image?.close();
    this.#image = image;
    this.suggestions = [];
    this.#gesture = undefined;
    this.#drawn = undefined;
    if (image) this.viewport.setImage(image);
    this.draw();
  }

  zoom(factor: number): void {
    this.viewport.zoomBy(factor);
    this.draw();
  }

  fit(): void {
    this.viewport.reset();
    this.draw();
  }

  /** Draws in the next frame. */
  draw(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    requestAnimationFrame(() => {
      this.#isDue = false;
      this.#paint();
    });
  }

  #paint(): void {
    const { boxes, selected } = this.#editor;
    const drawn = this.#drawn && { label: this.activeClass, box: this.#drawn, difficult: false };
    paint(
      this.#canvas.getContext('2d')!,
      {
        image: this.#image,
        width: this.#image?.width ?? 0,
        height: this.#image?.height ?? 0,
        boxes,
        selected,
        suggestions: this.suggestions,
        drawn,
        classes: this.classes,
      },
      this.viewport,
      devicePixelRatio,
    );
  }

  #resize(): void {
    const { clientWidth: width, clientHeight: height } = this.#canvas;
    this.#canvas.width = Math.round(width * devicePixelRatio);
    this.#canvas.height = Math.round(height * devicePixelRatio);
    this.viewport.setView({ width, height });
    this.#paint();
  }

  #press(event: PointerEvent): void {
    if (!this.#image || event.button === 2) return;
    this.#canvas.focus({ preventScroll: true });
    this.#canvas.setPointerCapture(event.pointerId);
    this.#pointers.set(event.pointerId, pointOf(event));
    if (this.#pointers.size > 1) {
      // A second finger zooms; what the first has begun is dropped.
      this.#end(false);
      this.#gesture = { kind: 'pan' };
      return;
    }
    if (event.button === 1) {
      this.#gesture = { kind: 'pan' };
      return;
    }
    const start = this.viewport.toImage(pointOf(event));
    const { boxes, selected } = this.#editor;
    const hit = boxAt(
      start,
      boxes.map(({ box }) => box),
      this.#reach(event),
      selected,
    );
    // Inside a large box another one can be drawn: only the selected one moves from its inside.
    const isMoved = hit && (hit.handle !== 'move' || hit.index === selected);
    if (hit && isMoved) {
      this.#editor.select(hit.index);
      const { box } = boxes[hit.index];
      this.#gesture = { kind: 'pull', start, ...hit, box, isMoving: false };
    } else {
      this.#gesture = { kind: 'draw', start, isMoving: false };
    }
  }

  #move(event: PointerEvent): void {
    const before = this.#pointers.get(event.pointerId);
    if (!before) {
      this.#hover(event);
      return;
    }
    const now = pointOf(event);
    if (this.#gesture?.kind === 'pan') {
      this.#pan(event.pointerId, before, now);
      return;
    }
    const gesture = this.#gesture;
    if (!gesture) return;
    const at = this.viewport.toImage(now);
    const [dx, dy] = [at.x - gesture.start.x, at.y - gesture.start.y];
    gesture.isMoving ||= Math.hypot(dx, dy) * this.viewport.scale >= LEAST_DRAG;
    if (!gesture.isMoving) return;
    if (gesture.kind === 'draw') {
      this.#drawn = boxBetween(gesture.start, at, this.#editor.size);
      this.draw();
    } else {
      const { index, handle, box } = gesture;
      this.#editor.drag(index, pull(box, handle, { x: dx, y: dy }, this.#editor.size));
    }
  }

  #release(event: PointerEvent, keep: boolean): void {
    if (!this.#pointers.delete(event.pointerId)) return;
    if (this.#pointers.size > 0) return;
    const gesture = this.#gesture;
    const isClick = keep && gesture?.kind === 'draw' && !gesture.isMoving;
    if (isClick) this.#click(gesture.start, this.#reach(event));
    this.#end(keep);
  }

  #end(keep: boolean): void {
    const drawn = this.#drawn;
    const gesture = this.#gesture;
    this.#drawn = undefined;
    this.#gesture = undefined;
    if (gesture?.kind === 'pull') this.#editor.drop(keep);
    if (drawn && keep) this.#listener.drawn(drawn);
    this.draw();
  }

  /** Selects the box at a point, or accepts the suggestion there. */
  #click(at: Point, reach: number): void {
    const boxes = this.#editor.boxes.map(({ box }) => box);
    const hit = boxAt(at, boxes, reach);
    const offers = this.suggestions.map(({ box }) => box);
    const offered = hit ? undefined : boxAt(at, offers, reach);
    if (offered) this.#listener.accepted(this.suggestions[offered.index]);
    else this.#editor.select(hit?.index);
  }

  #hover(event: PointerEvent): void {
    const { boxes, selected } = this.#editor;
    const at = this.viewport.toImage(pointOf(event));
    const hit = boxAt(
      at,
      boxes.map(({ box }) => box),
      this.#reach(event),
      selected,
    );
    const isMoved = hit && (hit.handle !== 'move' || hit.index === selected);
    this.#canvas.style.cursor = isMoved ? CURSORS[hit.handle] : 'crosshair';
  }

  /** Moves by one pointer, and zooms by the distance to another. */
  #pan(id: number, before: Point, now: Point): void {
    const other = [...this.#pointers].find(([key]) => key !== id)?.[1];
    this.#pointers.set(id, now);
    if (other) {
      const distance = (point: Point) => Math.hypot(point.x - other.x, point.y - other.y);
      const middle = { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 };
      this.viewport.zoomBy(distance(now) / Math.max(1, distance(before)), middle);
      this.viewport.pan({ x: (now.x - before.x) / 2, y: (now.y - before.y) / 2 });
    } else {
      this.viewport.pan({ x: now.x - before.x, y: now.y - before.y });
    }
    this.draw();
  }

  #wheel(event: WheelEvent): void {
    const isZoom = event.ctrlKey || event.metaKey;
    if (!this.#image || (!isZoom && this.viewport.zoom === 1)) return; // scrolls the page
    event.preventDefault();
    if (isZoom) this.viewport.zoomBy(Math.exp(-event.deltaY * WHEEL_SPEED), pointOf(event));
    else this.viewport.pan({ x: -event.deltaX, y: -event.deltaY });
    this.draw();
  }

  #reach({ pointerType }: PointerEvent): number {
    return (REACH[pointerType as keyof typeof REACH] ?? REACH.mouse) / this.viewport.scale;
  }
}

const pointOf = ({ offsetX, offsetY }: MouseEvent): Point => ({ x: offsetX, y: offsetY });
