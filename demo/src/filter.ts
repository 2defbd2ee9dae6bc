/** Selects which detections are shown, by score and class. */
import { byId, element, openWith, setText } from './dom.ts';
import type { Found } from './draw.ts';
import { displayName } from './names/names.ts';

/** The library's default. */
const FIRST_THRESHOLD = 0.5;

export class Filter {
  readonly #slider = byId<HTMLInputElement>('threshold');
  readonly #group = byId('classes');
  readonly #changed: () => void;
  #classes: readonly string[] = [];

  /**
   * @param changed called on every movement of the slider
   * @param settled called when the slider is released
   */
  constructor(changed: () => void, settled: () => void) {
    this.#changed = changed;
    this.#slider.valueAsNumber = 100 * FIRST_THRESHOLD;
    this.#describe();
    this.#slider.addEventListener('input', () => this.#update());
    this.#slider.addEventListener('change', settled);
    this.#group.addEventListener('change', () => this.#update());
    openWith('choose-classes', 'classes-dialog');
    byId('all-classes').addEventListener('click', () => this.#setAll(true));
    byId('no-classes').addEventListener('click', () => this.#setAll(false));
    byId<HTMLInputElement>('search-classes').addEventListener('input', ({ target }) => {
      this.#search((target as HTMLInputElement).value);
    });
  }

  /** Lowest score, 0 to 1. */
  get threshold(): number {
    return this.#slider.valueAsNumber / 100;
  }

  /** Shows all of these: all classes, and the score of the least sure. */
  admit(found: readonly Found[]): void {
    const least = Math.min(...found.map(({ score }) => score));
    const { step, min } = this.#slider;
    const percent = Math.floor((100 * least) / Number(step)) * Number(step);
    const now = this.#slider.valueAsNumber;
    this.#slider.valueAsNumber = Math.min(now, Math.max(Number(min), percent));
    this.#setAll(true);
  }

  /** Offers the classes of a model; keeps the selection when they are the same. */
  offer(classes: readonly string[]): void {
    if (classes.join() === this.#classes.join()) return;
    this.#classes = classes;
    this.#group.replaceChildren(
      ...classes.map((label) => {
        const box = element('input', { type: 'checkbox', checked: true });
        return element('label', {}, box, displayName(label, navigator.languages));
      }),
    );
    byId<HTMLButtonElement>('choose-classes').disabled = false;
    this.#describe();
  }

  apply(found: readonly Found[]): Found[] {
    const isOn = this.#boxes().map(({ checked }) => checked);
    return found.filter(({ score, classId }) => score >= this.threshold && isOn[classId]);
  }

  #boxes(): HTMLInputElement[] {
    return [...this.#group.querySelectorAll('input')];
  }

  #setAll(isOn: boolean): void {
    for (const box of this.#boxes()) box.checked = isOn;
    this.#update();
  }

  #search(text: string): void {
    const wanted = text.trim().toLowerCase();
    for (const label of this.#group.children) {
      (label as HTMLElement).hidden = !label.textContent.toLowerCase().includes(wanted);
    }
  }

  #update(): void {
    this.#describe();
    this.#changed();
  }

  #describe(): void {
    setText(byId('threshold-value'), `${this.#slider.value} %`);
    const boxes = this.#boxes();
    if (boxes.length === 0) return;
    const shown = boxes.filter(({ checked }) => checked).length;
    const all = shown === boxes.length;
    setText(byId('classes-state'), all ? `All ${shown}` : `${shown} of ${boxes.length}`);
  }
}
