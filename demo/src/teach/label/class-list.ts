/** The classes: which one the next box gets, and new ones. */

import { className } from '../../../../src/datasets/class-name.ts';
import { isClassName } from '../../../../src/datasets/labeling/label-boxes.ts';
import { classColor } from '../../../../src/image/colors.ts';
import { byId, element, setText } from '../../dom.ts';

/** Classes that have a key. */
const MOST_KEYS = 9;

export interface ClassListener {
  /** A class has been chosen for the next box and the selected one. */
  chosen(name: string): void;
  /** A new class has been named. */
  added(name: string): void;
  /** A class should be renamed or removed. */
  changing(name: string): void;
}

export class ClassList {
  readonly #list = byId('class-list');
  readonly #input = byId<HTMLInputElement>('class-name');
  readonly #listener: ClassListener;
  #classes: readonly string[] = [];
  #active = '';

  constructor(listener: ClassListener) {
    this.#listener = listener;
    const forms = [
      [byId<HTMLFormElement>('add-class'), this.#input],
      [byId<HTMLFormElement>('name-first'), byId<HTMLInputElement>('first-class')],
    ] as const;
    for (const [form, input] of forms) {
      form.addEventListener('submit', (event) => {
        event.preventDefault();
        this.#submit(input);
      });
    }
  }

  get active(): string {
    return this.#active;
  }

  set active(name: string) {
    this.#active = name;
    this.#render();
  }

  show(classes: readonly string[]): void {
    if (classes.join('\n') === this.#classes.join('\n')) return;
    this.#classes = classes;
    if (!classes.includes(this.#active)) this.#active = classes[0] ?? '';
    this.#render();
  }

  #submit(input: HTMLInputElement): void {
    const name = className(input.value);
    if (!isClassName(name)) return;
    input.value = '';
    this.#listener.added(name);
  }

  #render(): void {
    this.#classes.forEach((name, classId) => {
      const item = this.#list.children[classId] ?? this.#list.appendChild(this.#item(classId));
      const button = item.firstElementChild as HTMLButtonElement;
      const [chip, label] = button.children as unknown as HTMLElement[];
      chip.style.setProperty('--color', `rgb(${classColor(classId).join(' ')})`);
      setText(label, name);
      button.ariaPressed = String(name === this.#active);
      button.title = name;
      item.lastElementChild!.ariaLabel = `Rename or remove ${name}`;
    });
    while (this.#list.children.length > this.#classes.length) this.#list.lastElementChild!.remove();
  }

  #item(classId: number): HTMLLIElement {
    const key = classId < MOST_KEYS ? String(classId + 1) : '';
    const button = element('button', { type: 'button' }, element('i'), element('b'));
    if (key) button.append(element('kbd', { ariaHidden: 'true' }, key));
    button.addEventListener('click', () => this.#listener.chosen(this.#classes[classId]));
    const change = element('button', {
      type: 'button',
      className: 'plain change',
      textContent: '…',
    });
    change.addEventListener('click', () => this.#listener.changing(this.#classes[classId]));
    return element('li', {}, button, change);
  }
}
