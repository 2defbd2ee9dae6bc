/** Selects which detections are shown, by score and class. */
import { byId, element, setText } from './dom.ts';
import type { Found } from './draw.ts';

/** The library's default. */
const FIRST_THRESHOLD = 0.5;

export class Filter {
  readonly #slider = byId<HTMLInputElement>('threshold');
  readonly #group = byId('classes');
  #classes: readonly string[] = [];

  /**
   * @param changed called on every movement of the slider
   * @param settled called when the slider is released
   */
  constructor(changed: () => void, settled: () => void) {
    this.#slider.valueAsNumber = 100 * FIRST_THRESHOLD;
    this.#tellThreshold();
    this.#slider.addEventListener('input', () => {
      this.#tellThreshold();
      changed();
    });
    this.#slider.addEventListener('change', settled);
    this.#group.addEventListener('change', changed);
    for (const [id, isOn] of [['all-classes', true] as const, ['no-classes', false] as const]) {
      byId(id).addEventListener('click', () => {
        for (const box of this.#boxes()) box.checked = isOn;
        changed();
      });
    }
  }

  /** Lowest score, 0 to 1. */
  get threshold(): number {
    return this.#slider.valueAsNumber / 100;
  }

  /** Offers the classes of a model; keeps the selection when they are the same. */
  offer(classes: readonly string[]): void {
    if (classes.join() === this.#classes.join()) return;
    this.#classes = classes;
    this.#group.replaceChildren(
      ...classes.map((name) => {
        const box = element('input', { type: 'checkbox', className: 'hidden', checked: true });
        return element('label', {}, box, name);
      }),
    );
  }

  apply(found: readonly Found[]): Found[] {
    const isOn = this.#boxes().map(({ checked }) => checked);
    return found.filter(({ score, classId }) => score >= this.threshold && isOn[classId]);
  }

  #boxes(): HTMLInputElement[] {
    return [...this.#group.querySelectorAll('input')];
  }

  #tellThreshold(): void {
    setText(byId('threshold-value'), `${this.#slider.value} %`);
  }
}
