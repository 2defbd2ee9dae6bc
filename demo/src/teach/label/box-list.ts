/** The boxes of the open image as a list, for the keyboard and screen readers too. */
import type { LabelBox } from '../../../../src/datasets/labeling/label-boxes.ts';
import { classColor } from '../../../../src/image/colors.ts';
import { byId, element, setText } from '../../dom.ts';
import type { Editor } from '../editor/editor.ts';

export class BoxList {
  readonly #list = byId('box-list');
  readonly #editor: Editor;

  constructor(editor: Editor) {
    this.#editor = editor;
    byId('difficult').addEventListener('click', () => editor.toggleDifficult());
    byId('remove').addEventListener('click', () => editor.remove());
  }

  show(classes: readonly string[], holdsDifficult: boolean): void {
    const { boxes, selected, selectedBox } = this.#editor;
    setText(byId('boxes-title'), boxes.length === 1 ? '1 box' : `${boxes.length || 'No'} boxes`);
    boxes.forEach((box, i) => {
      const item = this.#list.children[i] ?? this.#list.appendChild(this.#item(i));
      fill(item.firstElementChild as HTMLButtonElement, box, classes, i === selected);
    });
    while (this.#list.children.length > boxes.length) this.#list.lastElementChild!.remove();
    const difficult = byId<HTMLButtonElement>('difficult');
    difficult.disabled = !selectedBox || !holdsDifficult;
    difficult.ariaPressed = String(selectedBox?.difficult ?? false);
    byId<HTMLButtonElement>('remove').disabled = !selectedBox;
  }

  #item(index: number): HTMLLIElement {
    const button = element(
      'button',
      { type: 'button' },
      element('i'),
      element('b'),
      element('span'),
    );
    button.addEventListener('click', () => this.#editor.select(index));
    return element('li', {}, button);
  }
}

function fill(
  button: HTMLButtonElement,
  { label, box, difficult }: LabelBox,
  classes: readonly string[],
  isSelected: boolean,
): void {
  const [chip, name, size] = button.children as unknown as HTMLElement[];
  const color = classColor(Math.max(0, classes.indexOf(label)));
  chip.style.setProperty('--color', `rgb(${color.join(' ')})`);
  setText(name, label);
  const pixels = `${Math.round(box.width)} × ${Math.round(box.height)}`;
  setText(size, difficult ? `${pixels}, difficult` : pixels);
  button.ariaPressed = String(isSelected);
}
