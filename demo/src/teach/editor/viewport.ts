/** Zoom and position of the image on the canvas. */
import { clamp, type Point, type Size } from './geometry.ts';

/** Largest size of an image pixel on the screen. */
const MOST_SCALE = 16;

export class Viewport {
  #image: Size = { width: 1, height: 1 };
  #view: Size = { width: 1, height: 1 };
  /** 1 shows the whole image. */
  #zoom = 1;
  /** Image point at the middle of the view, as a share of the image. */
  #middle: Point = { x: 0.5, y: 0.5 };

  get zoom(): number {
    return this.#zoom;
  }

  /** View pixels per image pixel. */
  get scale(): number {
    return this.#zoom * this.#fit;
  }

  /** View position of the image's top-left corner. */
  get origin(): Point {
    const { scale } = this;
    return {
      x: this.#view.width / 2 - this.#middle.x * this.#image.width * scale,
      y: this.#view.height / 2 - this.#middle.y * this.#image.height * scale,
    };
  }

  get #fit(): number {
    const { width, height } = this.#image;
    return Math.min(this.#view.width / width, this.#view.height / height);
  }

  setImage(size: Size): void {
    this.#image = { width: Math.max(1, size.width), height: Math.max(1, size.height) };
    this.reset();
  }

  setView(size: Size): void {
    this.#view = { width: Math.max(1, size.width), height: Math.max(1, size.height) };
    this.#settle();
  }

  /** Shows the whole image. */
  reset(): void {
    this.#zoom = 1;
    this.#settle();
  }

  toImage(point: Point): Point {
    const { origin, scale } = this;
    return { x: (point.x - origin.x) / scale, y: (point.y - origin.y) / scale };
  }

  toView(point: Point): Point {
    const { origin, scale } = this;
    return { x: origin.x + point.x * scale, y: origin.y + point.y * scale };
  }

  /** @param at view point that keeps its place; default: the middle */
  zoomBy(factor: number, at?: Point): void {
    const anchor = at ?? { x: this.#view.width / 2, y: this.#view.height / 2 };
    const before = this.toImage(anchor);
    this.#zoom = clamp(this.#zoom * factor, 1, Math.max(1, MOST_SCALE / this.#fit));
    const after = this.toView(before);
    this.pan({ x: anchor.x - after.x, y: anchor.y - after.y });
  }

  /** Moves the image by view pixels. */
  pan(by: Point): void {
    const { scale } = this;
    this.#middle = {
      x: this.#middle.x - by.x / scale / this.#image.width,
      y: this.#middle.y - by.y / scale / this.#image.height,
    };
    this.#settle();
  }

  /** Keeps the image in view: centered where it is smaller than the view. */
  #settle(): void {
    const { scale } = this;
    const settled = (middle: number, image: number, view: number) => {
      const half = view / 2 / (image * scale);
      return half >= 0.5 ? 0.5 : clamp(middle, half, 1 - half);
    };
    this.#middle = {
      x: settled(this.#middle.x, this.#image.width, this.#view.width),
      y: settled(this.#middle.y, this.#image.height, this.#view.height),
    };
  }
}
