/** The list of detections, and the same as text for screen readers. */
import { byId, element, setText } from './dom.ts';
import { colorOf, type Found, nameOf } from './draw.ts';
import { displayName } from './names/names.ts';

/** Milliseconds between announcements: announcing every frame of a video would be too much. */
const ANNOUNCEMENT_PAUSE = 3000;

/** What the page is doing when it has no result. */
export type Waiting = 'loading' | 'detecting' | 'no-model' | 'no-source' | 'unreadable';

const WAITING: Record<Waiting, [title: string, advice: string]> = {
  loading: ['Loading …', 'Objects appear here when the model has loaded.'],
  detecting: ['Detecting …', ''],
  'no-model': ['No model', 'Without a model nothing can be found.'],
  'no-source': ['Nothing open', 'Open, drop or paste an image, or use the camera.'],
  unreadable: ['No result', 'The file cannot be opened.'],
};

export class Results {
  readonly #list = byId('found');
  readonly #nothing = byId('nothing');
  readonly #announcement = byId('announcement');
  readonly #highlight: (one: Found | undefined) => void;
  #found: readonly Found[] = [];
  #announced = 0;

  /**
   * @param highlight receives the detection under the pointer, or with the focus
   * @param showHidden called when the user wants what the filter hides
   */
  constructor(highlight: (one: Found | undefined) => void, showHidden: () => void) {
    this.#highlight = highlight;
    for (const event of ['pointerover', 'focusin']) {
      this.#list.addEventListener(event, ({ target }) => this.#point(target as Element));
    }
    for (const event of ['pointerleave', 'focusout']) {
      this.#list.addEventListener(event, () => highlight(undefined));
    }
    byId('show-hidden').addEventListener('click', showHidden);
  }

  wait(reason: Waiting): void {
    const [title, advice] = WAITING[reason];
    this.#fill([]);
    this.#describe(title, advice);
    setText(this.#announcement, '');
  }

  /**
   * @param hidden number of detections that the filter hides
   * @param isLive whether more results follow soon
   */
  show(found: readonly Found[], hidden: number, isLive: boolean): void {
    this.#fill(found);
    const title = found.length === 1 ? '1 object' : `${found.length || 'No'} objects`;
    this.#describe(title, emptyAdvice(hidden), hidden > 0);
    const now = performance.now();
    if (isLive && now - this.#announced < ANNOUNCEMENT_PAUSE) return;
    this.#announced = now;
    setText(this.#announcement, inWords(found));
  }

  #fill(found: readonly Found[]): void {
    this.#found = found;
    const items = found.map((one, i) => fill(this.#list.children[i] ?? newItem(), one));
    // Keeps existing items, so that the list does not flicker.
    items.slice(this.#list.childElementCount).forEach((item) => {
      this.#list.append(item);
    });
    while (this.#list.childElementCount > items.length) this.#list.lastElementChild!.remove();
    this.#list.hidden = found.length === 0;
    this.#nothing.hidden = found.length > 0;
  }

  #describe(title: string, advice: string, offersHidden = false): void {
    setText(byId('found-title'), title);
    setText(this.#nothing.firstElementChild!, advice);
    byId('show-hidden').hidden = !offersHidden;
  }

  #point(target: Element): void {
    const item = target.closest('li');
    this.#highlight(item ? this.#found[[...this.#list.children].indexOf(item)] : undefined);
  }
}

function emptyAdvice(hidden: number): string {
  if (hidden === 0) return 'The model finds none of its classes here.';
  const some = hidden === 1 ? 'One object is' : `${hidden} objects are`;
  return `${some} hidden by the minimum score or the classes.`;
}

function newItem(): Element {
  const button = element('button', { type: 'button' });
  button.append(element('i'), element('b'), element('span'));
  return element('li', {}, button);
}

function fill(item: Element, one: Found): Element {
  const [chip, name, score] = item.firstElementChild!.children;
  (chip as HTMLElement).style.setProperty('--color', colorOf(one));
  (item as HTMLElement).style.setProperty('--score', one.score.toFixed(3));
  setText(name, nameOf(one));
  setText(score, `${Math.round(100 * one.score)} %`);
  return item;
}

/** Counts as text: "Cat 2, Person 1". */
function inWords(found: readonly Found[]): string {
  const counts = new Map<string, number>();
  for (const { label } of found) counts.set(label, (counts.get(label) ?? 0) + 1);
  const parts = [...counts].map(
    ([label, count]) => `${displayName(label, navigator.languages)} ${count}`,
  );
  return parts.length === 0 ? 'Nothing found' : `Found: ${parts.join(', ')}`;
}
