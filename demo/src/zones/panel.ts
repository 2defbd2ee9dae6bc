/** The list of lines and zones, and the fields of the chosen one. */
import { byId, element, setText } from '../dom.ts';
import { colorOf } from './drawing.ts';
import type { Editor } from './editor.ts';
import { LEAST_CORNERS, type Shape, withCorner } from './plan.ts';

const KINDS = { line: 'Line', zone: 'Zone' };

export class Panel {
  readonly #editor: Editor;
  readonly #list = byId('shapes');
  readonly #name = byId<HTMLInputElement>('name');
  readonly #classes = byId<HTMLInputElement>('classes');
  readonly #boxPoint = byId<HTMLSelectElement>('box-point');

  constructor(editor: Editor) {
    this.#editor = editor;
    this.#list.addEventListener('click', ({ target }) => {
      const item = (target as Element).closest('li');
      if (item) editor.choose([...this.#list.children].indexOf(item));
    });
    this.#onInput(this.#name, (shape) => ({ ...shape, name: this.#name.value.trim() }));
    this.#onInput(this.#classes, (shape) => ({ ...shape, classes: namesIn(this.#classes.value) }));
    this.#boxPoint.addEventListener('change', () => {
      editor.setOthers({ boxPoint: this.#boxPoint.value as 'bottom' });
    });
    byId('remove').addEventListener('click', () => {
      editor.remove();
      byId('draw-line').focus();
    });
    byId('swap').addEventListener('click', () => {
      const { shape } = editor;
      if (shape) editor.update({ ...shape, points: shape.points.toReversed() });
    });
    byId('add-corner').addEventListener('click', () => {
      const { shape, corner } = editor;
      if (shape) editor.update(withCorner(shape, corner), { corner: corner + 1 });
    });
    byId('remove-corner').addEventListener('click', () => editor.removeCorner());
    byId('undo').addEventListener('click', () => editor.undo());
  }

  #onInput(input: HTMLInputElement, change: (shape: Shape) => Shape): void {
    // One step of the history for each visit of the field.
    let goesOn = false;
    input.addEventListener('focus', () => {
      goesOn = false;
    });
    input.addEventListener('input', () => {
      const { shape } = this.#editor;
      if (shape) this.#editor.update(change(shape), { goesOn });
      goesOn = true;
    });
  }

  show(): void {
    const { shapes, shape, canUndo, plan } = this.#editor;
    const items = shapes.map((one, i) => this.#item(one, i));
    this.#list.replaceChildren(...items);
    this.#list.hidden = items.length === 0;
    byId('no-shapes').hidden = items.length > 0;
    setText(byId('shapes-title'), titleOf(shapes));
    byId<HTMLButtonElement>('undo').disabled = !canUndo;
    byId<HTMLButtonElement>('save').disabled = shapes.length === 0;
    this.#boxPoint.value = plan.others.boxPoint ?? 'bottom';
    byId('properties').hidden = !shape;
    if (shape) this.#describe(shape);
  }

  #describe(shape: Shape): void {
    const { kind, name, classes, points } = shape;
    setText(byId('properties-title'), KINDS[kind]);
    setValue(this.#name, name);
    // What is being typed stays as it is.
    if (namesIn(this.#classes.value).join() !== classes.join()) {
      setValue(this.#classes, classes.join(', '));
    }
    byId('swap').hidden = kind === 'zone';
    byId('add-corner').hidden = kind === 'line';
    byId('remove-corner').hidden = kind === 'line';
    byId<HTMLButtonElement>('remove-corner').disabled = points.length <= LEAST_CORNERS;
  }

  #item({ kind, name, classes }: Shape, index: number): HTMLLIElement {
    const isChosen = index === this.#editor.chosen;
    const button = element('button', { type: 'button', ariaPressed: String(isChosen) });
    const chip = element('i');
    chip.style.setProperty('--color', colorOf(index));
    const about = classes.length > 0 ? classes.join(', ') : 'all classes';
    const title = element('b', {}, name || '(no name)');
    button.append(chip, title, element('span', {}, `${KINDS[kind]} · ${about}`));
    return element('li', {}, button);
  }
}

function namesIn(text: string): string[] {
  const names = text.split(',').map((name) => name.trim());
  return [...new Set(names.filter((name) => name !== ''))];
}

/** Does nothing for a value that only differs at its ends: the caret would jump. */
function setValue(input: HTMLInputElement, value: string): void {
  if (input.value.trim() !== value) input.value = value;
}

function titleOf(shapes: readonly Shape[]): string {
  const count = (kind: Shape['kind']) => shapes.filter((shape) => shape.kind === kind).length;
  const counted = (n: number, word: string) => (n === 0 ? [] : [`${n} ${word}${n > 1 ? 's' : ''}`]);
  const parts = [...counted(count('line'), 'line'), ...counted(count('zone'), 'zone')];
  return parts.join(', ') || 'Nothing drawn';
}
