/** The plan with its history, and what is chosen in it. */
import { EMPTY, LEAST_CORNERS, type Plan, type Shape, withoutCorner } from './plan.ts';

/** Steps that can be undone. */
const MOST_STEPS = 100;

export class Editor {
  readonly #changed: () => void;
  readonly #history: Plan[] = [];
  #plan: Plan = EMPTY;
  #chosen = -1;
  /** Point of the chosen shape that the buttons for corners are about. */
  #corner = 0;

  /** @param changed called after each change */
  constructor(changed: () => void) {
    this.#changed = changed;
  }

  get plan(): Plan {
    return this.#plan;
  }

  get shapes(): readonly Shape[] {
    return this.#plan.shapes;
  }

  /** Index of the chosen shape, or -1. */
  get chosen(): number {
    return this.#chosen;
  }

  get shape(): Shape | undefined {
    return this.shapes[this.#chosen];
  }

  get corner(): number {
    return Math.min(this.#corner, (this.shape?.points.length ?? 1) - 1);
  }

  get canUndo(): boolean {
    return this.#history.length > 0;
  }

  choose(index: number, corner = 0): void {
    this.#chosen = index;
    this.#corner = corner;
    this.#changed();
  }

  load(plan: Plan): void {
    this.#remember();
    this.#plan = plan;
    this.choose(-1);
  }

  add(shape: Shape): void {
    this.#remember();
    this.#plan = { ...this.#plan, shapes: [...this.shapes, shape] };
    this.choose(this.shapes.length - 1);
  }

  /**
   * Replaces the chosen shape.
   * @param goesOn whether the step goes on with an earlier change, as in a drag: it is undone with it
   */
  update(shape: Shape, { goesOn = false, corner = this.#corner } = {}): void {
    if (!goesOn) this.#remember();
    this.#plan = { ...this.#plan, shapes: this.shapes.with(this.#chosen, shape) };
    this.choose(this.#chosen, corner);
  }

  setOthers(others: Plan['others']): void {
    this.#remember();
    this.#plan = { ...this.#plan, others: { ...this.#plan.others, ...others } };
    this.#changed();
  }

  remove(): void {
    if (!this.shape) return;
    this.#remember();
    this.#plan = { ...this.#plan, shapes: this.shapes.toSpliced(this.#chosen, 1) };
    this.choose(-1);
  }

  /** Removes the corner from a zone that has more than it needs. */
  removeCorner(): void {
    const { shape, corner } = this;
    if (shape?.kind !== 'zone' || shape.points.length <= LEAST_CORNERS) return;
    this.update(withoutCorner(shape, corner), { corner: Math.max(0, corner - 1) });
  }

  undo(): void {
    const before = this.#history.pop();
    if (!before) return;
    this.#plan = before;
    this.choose(this.#chosen < before.shapes.length ? this.#chosen : -1, this.#corner);
  }

  #remember(): void {
    this.#history.push(this.#plan);
    if (this.#history.length > MOST_STEPS) this.#history.shift();
  }
}
