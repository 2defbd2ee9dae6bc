/** Images and labels in this browser's IndexedDB, which survives reloads and crashes. */
import {
  countByClass,
  type ImageLabels,
  type LabelBox,
  parseLabels,
  replaceLabel,
} from '../../../../src/datasets/labeling/label-boxes.ts';
import {
  type AnnotationStore,
  type Project,
  type Summary,
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
/** Number of images that have been added, removed ones included. */
const ADDED = 'added';

export class BrowserStore implements AnnotationStore {
  readonly #database = openDatabase();

  async open(): Promise<Project> {
    const [all, classes] = await Promise.all([this.#all(), this.#classes()]);
    const images = all.map((labels) => {
      return { name: labels.name, state: stateOf(labels), boxes: labels.boxes.length };
    });
    return { name: 'this browser', id: 'browser', holdsDifficult: true, classes, images };
  }

  async summary(): Promise<Summary> {
    const [all, classes] = await Promise.all([this.#all(), this.#classes()]);
    const counts = countByClass(all.flatMap(({ boxes }) => boxes));
    // Labels may be there without their class: after a crash, or from another tab.
    const named = [...new Set([...classes, ...counts.keys()])];
    return { classes: named, boxes: all.map(({ boxes }) => boxes.length), byClass: [...counts] };
  }

  async image(name: string): Promise<Blob> {
    const file: unknown = await read(await this.#database, 'files', (store) => store.get(name));
    if (file instanceof Blob) return file;
    throw new Error('the image is not here anymore: another page has removed it');
  }

  async read(name: string): Promise<VersionedLabels> {
    return versioned(await read(await this.#database, 'labels', (store) => store.get(name)));
  }

  async write(name: string, labels: ImageLabels, version: string): Promise<WriteResult> {
    return change(await this.#database, ['labels'], async (store) => {
      const stored: StoredLabels | undefined = await result(store('labels').get(name));
      if (!stored) throw new Error(`another page has removed ${name}`);
      if (String(stored.version) !== version) return { current: versioned(stored) };
      const next = Number(version) + 1;
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

  async replaceClass(from: string, to?: string): Promise<void> {
    // One transaction: after a crash either all boxes have changed or none.
    await change(await this.#database, ['labels', 'values'], async (store) => {
      const all: StoredLabels[] = await result(store('labels').getAll());
      for (const stored of all) {
        const { boxes } = safe(stored);
        if (!boxes.some(({ label }) => label === from)) continue;
        const replaced = replaceLabel(boxes, from, to);
        store('labels').put({ ...stored, boxes: replaced, version: stored.version + 1 });
      }
      const classes: string[] = (await result(store('values').get(CLASSES))) ?? [];
      const next = classes.flatMap((name) => (name === from ? (to ?? []) : name));
      store('values').put([...new Set(next)], CLASSES);
    });
  }

  async add(name: string, file: Blob): Promise<string> {
    // The browser may otherwise clear the storage of pages when the disk is full.
    navigator.storage?.persist?.().catch(() => {});
    return change(await this.#database, ['labels', 'files', 'values'], async (store) => {
      const dot = name.lastIndexOf('.');
      let free = name;
      for (let copy = 2; await result(store('labels').getKey(free)); copy++) {
        free = `${name.slice(0, dot)}-${copy}${name.slice(dot)}`;
      }
      const known: number | undefined = await result(store('values').get(ADDED));
      const added = known ?? (await result(store('labels').count()));
      store('values').put(added + 1, ADDED);
      store('labels').add({ name: free, added, boxes: [], done: false, version: 1 });
      store('files').add(file, free);
      return free;
    });
  }

  async remove(name: string): Promise<void> {
    await change(await this.#database, ['labels', 'files'], async (store) => {
      store('labels').delete(name);
      store('files').delete(name);
    });
  }

  async #all(): Promise<StoredLabels[]> {
    const all: StoredLabels[] = await read(await this.#database, 'labels', (store) =>
      store.getAll(),
    );
    return all.map((stored) => ({ ...stored, ...safe(stored) })).sort((a, b) => a.added - b.added);
  }

  async #classes(): Promise<string[]> {
    return (await read(await this.#database, 'values', (store) => store.get(CLASSES))) ?? [];
  }
}

function versioned(stored: StoredLabels | undefined): VersionedLabels {
  return { labels: safe(stored), version: String(stored?.version) };
}

/** What a browser has damaged is left out, and does not keep the rest from opening. */
function safe(stored: Partial<StoredLabels> | undefined): ImageLabels {
  const boxes: readonly LabelBox[] = Array.isArray(stored?.boxes) ? stored.boxes : [];
  const whole = boxes.filter((box) => parseLabels({ boxes: [box] }));
  return { boxes: whole, done: stored?.done === true };
}
