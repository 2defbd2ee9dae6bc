/** The list of detections, and the same as text for screen readers. */
import { byId, element, setText } from './dom.ts';
import { colorOf, type Found, nameOf } from './draw.ts';

/** Milliseconds between announcements: announcing every frame of a video would be too much. */
const ANNOUNCEMENT_PAUSE = 3000;

export class Results {
  readonly #list = byId('found');
  readonly #announcement = byId('announcement');
  #found: readonly Found[] = [];
  #announced = 0;

  /** @param highlight receives the index under the pointer */
  constructor(highlight: (one: Found | undefined) => void) {
    this.#list.addEventListener('pointerover', ({ target }) => {
      const item = (target as Element).closest('li');
      highlight(item ? this.#found[[...this.#list.children].indexOf(item)] : undefined);
    });
    this.#list.addEventListener('pointerleave', () => highlight(undefined));
  }

  /** @param isLive whether more results follow soon */
  show(found: readonly Found[], isLive: boolean): void {
    this.#found = found;
    const items = found.map((one, i) => fill(this.#list.children[i] ?? newItem(), one));
    // Keeps existing items, so that the list does not flicker.
    items.slice(this.#list.childElementCount).forEach((item) => {
      this.#list.append(item);
    });
    while (this.#list.childElementCount > items.length) this.#list.lastElementChild!.remove();
    setText(byId('found-title'), found.length === 0 ? 'Found nothing' : `Found ${found.length}`);

    const now = performance.now();
    if (isLive && now - this.#announced < ANNOUNCEMENT_PAUSE) return;
    this.#announced = now;
    setText(this.#announcement, inWords(found));
  }
}

function newItem(): Element {
  return element('li', {}, element('i'), element('b'), element('span'));
}

function fill(item: Element, one: Found): Element {
  const [chip, name, score] = item.children;
  (chip as HTMLElement).style.setProperty('--color', colorOf(one));
  (item as HTMLElement).style.setProperty('--score', one.score.toFixed(3));
  setText(name, nameOf(one));
  setText(score, `${Math.round(100 * one.score)} %`);
  return item;
}

/** Counts as text: "cat 2, person 1". */
function inWords(found: readonly Found[]): string {
  const counts = new Map<string, number>();
  for (const { label } of found) counts.set(label, (counts.get(label) ?? 0) + 1);
  const parts = [...counts].map(([label, count]) => `${label} ${count}`);
  return parts.length === 0 ? 'Nothing found' : `Found: ${parts.join(', ')}`;
}
