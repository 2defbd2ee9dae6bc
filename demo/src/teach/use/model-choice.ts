/** Lets the user choose one of the models that were trained here. */
import { OpfsFolder } from '../../../../src/training/browser/opfs-folder.ts';
import { byId, element } from '../../dom.ts';
import { type AboutModel, type KeptModel, ModelShelf } from './model-shelf.ts';

export class ModelChoice {
  readonly #select = byId<HTMLSelectElement>('model-choice');
  readonly #shelf: ModelShelf;
  readonly #use: (model: Blob) => void;
  #current = '';

  /** @param use receives the model that is chosen */
  constructor(project: string, use: (model: Blob) => void) {
    this.#shelf = new ModelShelf(new OpfsFolder(`teach-models-${project}`));
    this.#use = use;
    this.#select.addEventListener('change', () => void this.#choose(this.#select.value));
  }

  /** Uses the latest model of earlier visits. */
  async restore(): Promise<void> {
    await this.#shelf.load();
    const [latest] = this.#shelf.models;
    if (latest) await this.#choose(latest.id);
    this.#show();
  }

  /** Keeps a model that has been trained, and uses it. */
  async add(model: Blob, about: AboutModel): Promise<void> {
    this.#current = about.id;
    this.#use(model);
    await this.#shelf.keep(model, about);
    this.#show();
  }

  async #choose(id: string): Promise<void> {
    const model = await this.#shelf.model(id);
    if (!model) return this.#show(); // another tab has removed it
    this.#current = id;
    this.#use(model);
  }

  #show(): void {
    const { models } = this.#shelf;
    const options = models.map((model) => {
      return element('option', { value: model.id, textContent: describe(model) });
    });
    this.#select.replaceChildren(...options);
    this.#select.value = this.#current;
    this.#select.hidden = models.length === 0;
  }
}

function describe({ time, score, images }: KeptModel): string {
  const date = new Date(time).toLocaleString(undefined, { dateStyle: 'short', timeStyle: 'short' });
  // First, because a narrow list cuts off the end.
  const quality = score === undefined ? '' : `${Math.round(100 * score)} % precision, `;
  return `${quality}${images} images, ${date}`;
}
