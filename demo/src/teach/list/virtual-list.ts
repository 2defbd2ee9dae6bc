/** A list of thousands of images, of which only those in view have elements. */
import { element, setText } from '../../dom.ts';
import type { ImageEntry } from '../store/annotation-store.ts';
import type { Thumbnails } from './thumbnails.ts';

/** Items beyond the edges, so that scrolling shows no gaps. */
const MARGIN = 4;
const STATES = { new: 'no labels', labeled: 'labeled', done: 'done' } as const;

interface Item {
  item: HTMLLIElement;
  button: HTMLButtonElement;
  canvas: HTMLCanvasElement;
  name: HTMLElement;
  state: HTMLElement;
  shown: string;
}

export class VirtualList {
  readonly #view: HTMLElement;
  readonly #list: HTMLElement;
  readonly #thumbnails: Thumbnails;
  readonly #open: (name: string) => void;
  readonly #items = new Map<number, Item>();
  #entries: readonly ImageEntry[] = [];
  #current = -1;
  #wasRow: boolean | undefined;

  /** @param open called when an image is chosen */
  constructor(view: HTMLElement, thumbnails: Thumbnails, open: (name: string) => void) {
    this.#view = view;
    this.#list = view.querySelector('ul')!;
    this.#thumbnails = thumbnails;
    this.#open = open;
    view.addEventListener('scroll', () => this.#render(), { passive: true });
    new ResizeObserver(() => this.#layOut()).observe(view);
  }

  show(entries: readonly ImageEntry[], current: number): void {
    this.#entries = entries;
    const hasMoved = current !== this.#current;
    this.#current = current;
    this.#layOut();
    if (hasMoved && current >= 0) this.#reveal(current);
  }

  /** Side of an item along the list, and the direction, both from the style sheet. */
  get #axis(): { isRow: boolean; step: number } {
    const style = getComputedStyle(this.#view);
    const step = Number.parseFloat(style.getPropertyValue('--step'));
    return { isRow: style.getPropertyValue('--axis').trim() === 'row', step };
  }

  #layOut(): void {
    const { isRow, step } = this.#axis;
    const length = `${this.#entries.length * step}px`;
    this.#list.style.width = isRow ? length : '';
    this.#list.style.height = isRow ? '' : length;
    this.#render();
    // Positions along the other axis mean nothing.
    if (this.#wasRow === isRow) return;
    this.#wasRow = isRow;
    this.#view.scrollTo(0, 0);
    if (this.#current >= 0) this.#reveal(this.#current);
  }

  #reveal(index: number): void {
    const { isRow, step } = this.#axis;
    const view = this.#view;
    const [at, length] = isRow
      ? [view.scrollLeft, view.clientWidth]
      : [view.scrollTop, view.clientHeight];
    const low = (index + 1) * step - length;
    const to = Math.max(Math.min(at, index * step), low);
    if (isRow) view.scrollLeft = to;
    else view.scrollTop = to;
    this.#render();
  }

  #render(): void {
    const { isRow, step } = this.#axis;
    const view = this.#view;
    const [at, length] = isRow
      ? [view.scrollLeft, view.clientWidth]
      : [view.scrollTop, view.clientHeight];
    const first = Math.max(0, Math.floor(at / step) - MARGIN);
    const last = Math.min(this.#entries.length, Math.ceil((at + length) / step) + MARGIN);
    const free: Item[] = [];
    for (const [index, item] of this.#items) {
      if (index >= first && index < last) continue;
      this.#items.delete(index);
      free.push(item);
    }
    for (let index = first; index < last; index++) {
      const item = this.#items.get(index) ?? free.pop() ?? this.#create();
      this.#items.set(index, item);
      item.item.style.translate = isRow ? `${index * step}px 0` : `0 ${index * step}px`;
      this.#fill(item, index);
    }
    for (const { item } of free) item.remove();
  }

  #create(): Item {
    const canvas = element('canvas', { width: 96, height: 72, ariaHidden: 'true' });
    const [name, state] = [element('b'), element('span', { className: 'image-state' })];
    const text = element('span', { className: 'image-text' }, name, state);
    const button = element('button', { type: 'button' }, canvas, text);
    const item = element('li', {}, button);
    const created = { item, button, canvas, name, state, shown: '' };
    button.addEventListener('click', () => this.#open(created.shown));
    this.#list.append(item);
    return created;
  }

  #fill(item: Item, index: number): void {
    const { name, state, boxes } = this.#entries[index];
    const isCurrent = index === this.#current;
    item.item.ariaSetSize = String(this.#entries.length);
    item.item.ariaPosInSet = String(index + 1);
    item.button.tabIndex = isCurrent || (this.#current < 0 && index === 0) ? 0 : -1;
    item.button.ariaCurrent = isCurrent ? 'true' : null;
    item.item.dataset['state'] = state;
    const count = boxes ? `, ${boxes} ${boxes === 1 ? 'box' : 'boxes'}` : '';
    setText(item.name, name.replace(/^.*\//, ''));
    setText(item.state, STATES[state] + count);
    if (item.shown === name) return;
    item.shown = name;
    item.button.title = name;
    this.#thumbnails.show(name, item.canvas, () => item.shown === name);
  }
}
