/** The project on this page: keeps entries up to date, and saves labels one change after the other. */
import {
  areSameLabels,
  type ImageLabels,
  mergeLabels,
} from '../../../../src/datasets/labeling/label-boxes.ts';
import {
  type AnnotationStore,
  type ImageEntry,
  type Project,
  stateOf,
  type VersionedLabels,
} from './annotation-store.ts';

export interface SessionListener {
  /** Entries, classes or counts have changed. */
  changed(): void;
  /** Labels of an image have become others: another page has changed them too. */
  merged(name: string, labels: ImageLabels): void;
  /** @param open number of changes that are not stored yet */
  saving(open: number): void;
  failed(error: Error): void;
}

export class Session {
  readonly store: AnnotationStore;
  readonly #listener: SessionListener;
  readonly #entries = new Map<string, ImageEntry>();
  /** What was last read or written, by image. */
  readonly #known = new Map<string, VersionedLabels>();
  #project: Project = { name: '', holdsDifficult: true, classes: [], images: [] };
  #last: Promise<unknown> = Promise.resolve();
  #open = 0;

  constructor(store: AnnotationStore, listener: SessionListener) {
    this.store = store;
    this.#listener = listener;
  }

  get project(): Readonly<Project> {
    return this.#project;
  }

  get images(): readonly ImageEntry[] {
    return this.#project.images;
  }

  get classes(): readonly string[] {
    return this.#project.classes;
  }

  entry(name: string): ImageEntry | undefined {
    return this.#entries.get(name);
  }

  /** Lists the images. */
  async open(): Promise<void> {
    this.#project = await this.store.open();
    this.#entries.clear();
    this.#known.clear();
    for (const entry of this.#project.images) this.#entries.set(entry.name, entry);
    this.#listener.changed();
  }

  /** Counts boxes and finds classes, which takes longer in a large folder. */
  async count(): Promise<void> {
    const { classes, boxes } = await this.store.summary();
    this.#project.classes = [...new Set([...this.#project.classes, ...classes])];
    this.#project.images.forEach((entry, i) => {
      entry.boxes ??= boxes[i];
    });
    this.#listener.changed();
  }

  async read(name: string): Promise<ImageLabels> {
    await this.#last;
    const found = await this.store.read(name);
    this.#known.set(name, found);
    return found.labels;
  }

  /** Stores labels; when another page or program has changed them, both changes are joined. */
  save(name: string, labels: ImageLabels): Promise<void> {
    this.#note(name, labels);
    this.#listener.saving(++this.#open);
    const saved = this.#last.then(() => this.#write(name, labels));
    this.#last = saved
      .catch((error: Error) => this.#listener.failed(error))
      .then(() => this.#listener.saving(--this.#open));
    return saved;
  }

  async addClass(name: string): Promise<void> {
    if (this.#project.classes.includes(name)) return;
    this.#project.classes = [...this.#project.classes, name];
    this.#listener.changed();
    await this.store.addClass(name);
  }

  /** @returns the name under which the store has it */
  async add(name: string, file: Blob): Promise<string> {
    const entry: ImageEntry = { name: await this.store.add(name, file), state: 'new', boxes: 0 };
    this.#entries.set(entry.name, entry);
    this.#project.images.push(entry);
    this.#listener.changed();
    return entry.name;
  }

  /** Resolves when everything is stored. */
  async settled(): Promise<void> {
    await this.#last;
  }

  async #write(name: string, wanted: ImageLabels): Promise<void> {
    let labels = wanted;
    let base = this.#known.get(name) ?? (await this.store.read(name));
    for (;;) {
      const result = await this.store.write(name, labels, base.version);
      if ('version' in result) {
        this.#known.set(name, { labels, version: result.version });
        if (!areSameLabels(labels, wanted)) {
          this.#note(name, labels);
          this.#listener.merged(name, labels);
        }
        return;
      }
      labels = mergeLabels(base.labels, labels, result.current.labels);
      base = result.current;
    }
  }

  #note(name: string, labels: ImageLabels): void {
    const entry = this.#entries.get(name);
    if (!entry) return;
    entry.state = stateOf(labels);
    entry.boxes = labels.boxes.length;
    this.#listener.changed();
  }
}
