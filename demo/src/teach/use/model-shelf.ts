/** The models of the latest trainings, so that a worse one does not replace a better one. */
import type { OpfsFolder } from '../../../../src/training/browser/opfs-folder.ts';

/** Where models are kept. */
export type ModelFolder = Pick<OpfsFolder, 'read' | 'write' | 'remove'>;

/** What people tell models apart by. */
export interface AboutModel {
  /** Id of the run. */
  id: string;
  /** Average precision on images held out; undefined without such images. */
  score?: number;
  classes: string[];
  /** Number of labeled images. */
  images: number;
}

export interface KeptModel extends AboutModel {
  /** Milliseconds since 1970. */
  time: number;
}

const MOST_KEPT = 5;
const INDEX = 'models.json';

export class ModelShelf {
  readonly #folder: ModelFolder;
  #models: KeptModel[] = [];

  constructor(folder: ModelFolder) {
    this.#folder = folder;
  }

  /** The latest first. */
  get models(): readonly KeptModel[] {
    return this.#models;
  }

  /** Finds the models of earlier visits. */
  async load(): Promise<void> {
    const text = new TextDecoder().decode(await this.#folder.read(INDEX));
    try {
      const found: unknown = JSON.parse(text);
      this.#models = Array.isArray(found) ? found : [];
    } catch {
      this.#models = []; // the first visit, or a damaged list
    }
  }

  async model(id: string): Promise<Blob | undefined> {
    const bytes = await this.#folder.read(fileOf(id));
    return bytes?.length ? new Blob([bytes as Uint8Array<ArrayBuffer>]) : undefined;
  }

  /** Keeps a model, or a later state of it; of many, the latest and the best stay. */
  async keep(model: Blob, about: AboutModel): Promise<void> {
    await this.load(); // another tab may have kept one
    await this.#folder.write(fileOf(about.id), new Uint8Array(await model.arrayBuffer()));
    const known = this.#models.find(({ id }) => id === about.id);
    if (known && known.score === about.score) return; // a visit later
    const others = this.#models.filter(({ id }) => id !== about.id);
    const all = [{ ...about, time: Date.now() }, ...others];
    const best = Math.max(...all.map(({ score }) => score ?? 0));
    const isBest = ({ score }: KeptModel) => score !== undefined && score === best;
    this.#models = all.filter((one, i) => i < MOST_KEPT || isBest(one));
    await this.#folder.write(INDEX, JSON.stringify(this.#models));
    for (const { id } of all) {
      if (!this.#models.some((kept) => kept.id === id)) await this.#folder.remove(fileOf(id));
    }
  }
}

const fileOf = (id: string): string => `${id}.safetensors`;
