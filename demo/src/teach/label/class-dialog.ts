/** Renames a class, joins it to another one, or removes it with its boxes. */
import { className } from '../../../../src/datasets/class-name.ts';
import { isClassName } from '../../../../src/datasets/labeling/label-boxes.ts';
import { byId, setText } from '../../dom.ts';
import type { Session } from '../store/session.ts';

export class ClassDialog {
  readonly #dialog = byId<HTMLDialogElement>('class-dialog');
  readonly #input = byId<HTMLInputElement>('class-new-name');
  readonly #session: Session;
  readonly #replaced: (to: string | undefined) => void;
  #name = '';
  #boxes = 0;

  /** @param replaced called when the boxes of a class have another one, or are gone */
  constructor(session: Session, replaced: (to: string | undefined) => void) {
    this.#session = session;
    this.#replaced = replaced;
    this.#input.addEventListener('input', () => this.#describe());
    byId('class-rename').addEventListener('submit', (event) => {
      event.preventDefault();
      const to = this.#to;
      if (to === this.#name) this.#dialog.close();
      else if (isClassName(to)) void this.#replace(to);
    });
    byId('class-remove').addEventListener('click', () => void this.#replace(undefined));
  }

  async open(name: string): Promise<void> {
    this.#name = name;
    this.#input.value = name;
    this.#boxes = 0;
    setText(byId('class-title'), `Class ${name}`);
    this.#enable(false);
    this.#dialog.showModal();
    this.#input.select();
    this.#explain('Counting boxes …');
    try {
      this.#boxes = await this.#session.boxesOf(name);
      this.#enable(true);
      this.#describe();
    } catch (error) {
      this.#explain((error as Error).message);
    }
  }

  get #to(): string {
    return className(this.#input.value);
  }

  #describe(): void {
    const boxes = this.#boxes === 1 ? '1 box' : `${this.#boxes} boxes`;
    const to = this.#to;
    const isKnown = to !== this.#name && this.#session.classes.includes(to);
    setText(byId('class-apply'), isKnown ? 'Join' : 'Rename');
    setText(byId('class-remove').lastElementChild!, `Remove the class and its ${boxes}`);
    const note = isKnown
      ? `There is a class ${to}: it gets the ${boxes} of ${this.#name}, and ${this.#name} is gone.`
      : `The ${boxes} keep their places.`;
    this.#explain(note);
  }

  async #replace(to: string | undefined): Promise<void> {
    this.#enable(false);
    this.#explain('Changing the boxes …');
    try {
      await this.#session.replaceClass(this.#name, to);
      this.#replaced(to);
      // YOLO numbers its classes: without this name, later ones would get another number.
      if (this.#session.classes.includes(this.#name)) {
        this.#boxes = 0;
        this.#describe();
        this.#explain(`${this.#name} has no boxes now; its number in YOLO files stays.`);
      } else this.#dialog.close();
    } catch (error) {
      this.#explain((error as Error).message);
    }
    this.#enable(true);
  }

  #explain(text: string): void {
    setText(byId('class-note'), text);
  }

  #enable(isOn: boolean): void {
    for (const id of ['class-apply', 'class-remove']) byId<HTMLButtonElement>(id).disabled = !isOn;
  }
}
