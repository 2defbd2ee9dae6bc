/** Images and labels in this browser's IndexedDB, which survives reloads and crashes. */
import type { ImageLabels } from '../../../../src/datasets/labeling/label-boxes.ts';
import {
  type AnnotationStore,
  type Project,
  stateOf,
  type VersionedLabels,
  type WriteResult,
} from './annotation-store.ts';
import { change, openDatabase, read, result } from './database.ts';

interface StoredLabels extends ImageLabels {
  name: string;
  /** Position in the order of adding. */
  added: number;
  version: number;
}

const CLASSES = 'classes';

export class BrowserStore implements AnnotationStore {
  readonly #database = openDatabase();

  async open(): Promise<Project> {
    const [all, classes] = await Promise.all([this.#all(), this.#classes()]);
    const images = all.map((labels) => {
      return { name: labels.name, state: stateOf(labels), boxes: labels.boxes.length };
    });
    return { name: 'this browser', holdsDifficult: true, classes, images };
  }

  async summary(): Promise<{ classes: string[]; boxes: number[] }> {
    const [all, classes] = await Promise.all([this.#all(), this.#classes()]);
    return { classes, boxes: all.map(({ boxes }) => boxes.length) };
  }

  async image(name: string): Promise<Blob> {
    return read(await this.#database, 'files', (store) => store.get(name));
  }

  async read(name: string): Promise<VersionedLabels> {
    return versioned(await read(await this.#database, 'labels', (store) => store.get(name)));
  }

  async write(name: string, labels: ImageLabels, version: string): Promise<WriteResult> {
    return change(await this.#database, ['labels'], async (store) => {
      const stored: StoredLabels = await result(store('labels').get(name));
      if (String(stored.version) !== version) return { current: versioned(stored) };
      const next = stored.version + 1;
      await result(store('labels').put({ ...stored, ...labels, version: next }));
      return { version: String(next) };
    });
  }

  async addClass(name: string): Promise<void> {
    await change(await this.#database, ['values'], async (store) => {
      const classes: string[] = (await result(store('values').get(CLASSES))) ?? [];
      if (!classes.includes(name)) store('values').put([...classes, name], CLASSES);
    });
  }

  async add(name: string, file: Blob): Promise<string> {
    // The browser may otherwise clear the storage of pages when the disk is full.
    navigator.storage?.persist?.().catch(() => {});
    return change(await this.#database, ['labels', 'files'], async (store) => {
      const dot = name.lastIndexOf('.');
      let free = name;
      for (let copy = 2; await result(store('labels').getKey(free)); copy++) {
        free = `${name.slice(0, dot)}-${copy}${name.slice(dot)}`;
      }
      const added = await result(store('labels').count());
      store('labels').add({ name: free, added, boxes: [], done: false, version: 1 });
      store('files').add(file, free);
      return free;
    });
  }

  async #all(): Promise<StoredLabels[]> {
    const all: StoredLabels[] = await read(await this.#database, 'labels', (store) =>
      store.getAll(),
    );
    return all.sort((a, b) => a.added - b.added);
  }

  async #classes(): Promise<string[]> {
    return (await read(await this.#database, 'values', (store) => store.get(CLASSES))) ?? [];
  }
}

function versioned({ boxes, done, version }: StoredLabels): VersionedLabels {
  return { labels: { boxes, done }, version: String(version) };
}
