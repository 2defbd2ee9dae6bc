/** The project on this page: keeps entries up to date, and saves labels one change after the other. */
import {
  areSameLabels,
  type ImageLabels,
  mergeLabels,
  replaceLabel,
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
  /** Labels that could not be stored, by image: what the user sees is here until a retry succeeds. */
  readonly #failed = new Map<string, ImageLabels>();
  #project: Project = { name: '', id: '', holdsDifficult: true, classes: [], images: [] };
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
    const failed = this.#failed.get(name);
    if (failed) return failed;
    const found = await this.store.read(name);
    this.#known.set(name, found);
    this.#noteClasses(found.labels);
    return found.labels;
  }

  /** Number of images whose labels could not be stored. */
  get unsaved(): number {
    return this.#failed.size;
  }

  /** Stores once more what could not be stored. */
  async saveAgain(): Promise<void> {
    const all = [...this.#failed].map(([name, labels]) => this.save(name, labels));
    await Promise.allSettled(all);
  }

  /** Stores labels; when another page or program has changed them, both changes are joined. */
  save(name: string, labels: ImageLabels): Promise<void> {
    this.#note(name, labels);
    this.#listener.saving(++this.#open);
    const saved = this.#last.then(() => this.#write(name, labels));
    saved.then(
      () => this.#failed.delete(name),
      () => this.#failed.set(name, labels),
    );
    this.#last = saved
      .catch((error: Error) => this.#listener.failed(error))
      .then(() => this.#listener.saving(--this.#open));
    return saved;
  }

  /** Number of boxes of a class in all images. */
  async boxesOf(name: string): Promise<number> {
    await this.#last;
    const { byClass } = await this.store.summary();
    return new Map(byClass).get(name) ?? 0;
  }

  /** Renames a class, joins it to another one, or without `to` removes it with its boxes. */
  async replaceClass(from: string, to?: string): Promise<void> {
    await this.#last;
    await this.store.replaceClass(from, to);
    for (const [name, { boxes, done }] of this.#failed) {
      this.#failed.set(name, { boxes: replaceLabel(boxes, from, to), done });
    }
    await this.open();
    await this.count();
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

  /** Removes an image. @returns the image and its labels, to add them again */
  async remove(name: string): Promise<{ file: Blob; labels: ImageLabels }> {
    const labels = await this.read(name);
    const file = await this.store.image(name);
    await this.store.remove!(name);
    this.#entries.delete(name);
    this.#known.delete(name);
    this.#failed.delete(name);
    this.#project.images = this.#project.images.filter((entry) => entry.name !== name);
    this.#listener.changed();
    return { file, labels };
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
        this.#noteClasses(labels);
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

  /** Another page or program may use classes that are new here: training would leave out their boxes. */
  #noteClasses({ boxes }: ImageLabels): void {
    const { classes } = this.#project;
    const all = [...new Set([...classes, ...boxes.map(({ label }) => label)])];
    if (all.length === classes.length) return;
    this.#project.classes = all;
    this.#listener.changed();
  }

  #note(name: string, labels: ImageLabels): void {
    const entry = this.#entries.get(name);
    if (!entry) return;
    entry.state = stateOf(labels);
    entry.boxes = labels.boxes.length;
    this.#listener.changed();
  }
}
