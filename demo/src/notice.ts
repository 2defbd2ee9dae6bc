/** One message over the image: what went wrong, and that it works again. */
import { byId, setText } from './dom.ts';

/** What a message is about; success in a topic clears its message. */
export type Topic = 'engine' | 'source' | 'save' | 'unsaved' | 'zones';

export interface Message {
  /** What has happened, in a few words. */
  title: string;
  /** What the user can do. */
  detail: string;
}

interface Action {
  name: string;
  run(): void;
  /** Whether the message goes by itself: nothing is wrong. */
  isOptional?: boolean;
}

/** Milliseconds after which a message goes that asks for nothing. */
const LIFETIME = 15_000;

export class Notice {
  readonly #box = byId('notice');
  readonly #home: HTMLElement;
  readonly #button = byId<HTMLButtonElement>('notice-action');
  #topic: Topic | undefined;
  #action: Action | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param home where messages are shown while no dialog is open */
  constructor(home: HTMLElement = byId('stage')) {
    this.#home = home;
    byId('notice-close').addEventListener('click', () => this.#hide());
    this.#button.addEventListener('click', () => {
      const action = this.#action;
      this.#hide();
      action?.run();
    });
    for (const dialog of document.querySelectorAll('dialog')) {
      dialog.addEventListener('close', () => this.#home.append(this.#box));
    }
  }

  /** @param action with it, the message of a problem stays until it is solved */
  show(topic: Topic, { title, detail }: Message, action?: Action): void {
    this.#topic = topic;
    this.#action = action;
    // An open dialog covers the page.
    (document.querySelector('dialog[open]') ?? this.#home).append(this.#box);
    setText(this.#box.querySelector('strong')!, title);
    setText(this.#box.querySelector('span')!, detail);
    this.#button.hidden = !action;
    setText(this.#button, action?.name ?? '');
    this.#box.hidden = false;
    clearTimeout(this.#timer);
    if (!action || action.isOptional) this.#timer = setTimeout(() => this.#hide(), LIFETIME);
  }

  /** Hides the message of a topic: what it is about works. */
  clear(topic: Topic): void {
    if (this.#topic === topic) this.#hide();
  }

  #hide(): void {
    clearTimeout(this.#timer);
    this.#box.hidden = true;
    this.#topic = undefined;
  }
}
