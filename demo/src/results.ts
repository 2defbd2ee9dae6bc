/** The list of what was found, and the same in words for those who do not see it. */
import { byId, element, setText } from './dom.ts';
import { colorOf, type Found, nameOf } from './draw.ts';

/** Milliseconds between announcements: a video's every frame would be too much talk. */
const ANNOUNCEMENT_PAUSE = 3000;

export class Results {
  readonly #list = byId('found');
  readonly #announcement = byId('announcement');
  #found: readonly Found[] = [];
  #announced = 0;

  /** @param highlight told which one is pointed at */
  constructor(highlight: (one: Found | undefined) => void) {
    this.#list.addEventListener('pointerover', ({ target }) => {
      const item = (target as Element).closest('li');
      highlight(item ? this.#found[[...this.#list.children].indexOf(item)] : undefined);
    });
    this.#list.addEventListener('pointerleave', () => highlight(undefined));
  }

  /** @param isLive whether more is to come soon */
  show(found: readonly Found[], isLive: boolean): void {
    this.#found = found;
    const items = found.map((one, i) => fill(this.#list.children[i] ?? newItem(), one));
    // Items stay where they are, so that the list does not flicker.
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

/** `2 cats`-like counts: "cat 2, person 1". */
function inWords(found: readonly Found[]): string {
  const counts = new Map<string, number>();
  for (const { label } of found) counts.set(label, (counts.get(label) ?? 0) + 1);
  const parts = [...counts].map(([label, count]) => `${label} ${count}`);
  return parts.length === 0 ? 'Nothing found' : `Found: ${parts.join(', ')}`;
}
