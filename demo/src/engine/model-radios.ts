/** The choice of a model: those of the package, and the latest one that the user has opened. */
import type { ModelName } from 'refinedet';
import { aboutModel, MODELS, packagedModel } from '../../../src/packaged-models.ts';
import { byId } from '../dom.ts';
import { START_MODEL, START_NAME } from '../start-model.ts';
import { type Radio, radio } from './radio.ts';

/** A model of the package, or one of the user's own. */
export type ModelChoice = ModelName | File;

const FIELD = 'model';

export class ModelRadios {
  readonly #group = byId('models');
  readonly #packaged = new Map(MODELS.map((name) => [name, packagedRadio(name)]));
  #own: (Radio & { file: File }) | undefined;

  constructor() {
    for (const { label } of this.#packaged.values()) this.#group.append(label);
    this.select(START_MODEL);
  }

  get selected(): ModelChoice {
    const own = this.#own;
    if (own?.input.checked) return own.file;
    return [...this.#packaged].find(([, { input }]) => input.checked)![0];
  }

  select(model: ModelChoice): void {
    const chosen = typeof model === 'string' ? this.#packaged.get(model)! : this.#open(model);
    chosen.input.checked = true;
  }

  /** Removes a model of the user's own, which cannot be used. */
  remove(model: ModelChoice): void {
    if (this.#own?.file !== model) return;
    this.#own.label.remove();
    this.#own = undefined;
  }

  #open(file: File): Radio {
    if (this.#own?.file === file) return this.#own;
    if (this.#own) this.remove(this.#own.file);
    this.#own = { ...radio(FIELD, 'own', file.name, 'Your own model.'), file };
    this.#group.append(this.#own.label);
    return this.#own;
  }
}

/** Name that the page shows. */
export function modelName(model: ModelChoice): string {
  if (typeof model !== 'string') return model.name;
  // The server sends a model of the user's own in its place.
  if (model === START_MODEL && !packagedModel(START_NAME)) return START_NAME;
  return capitalized(model);
}

function packagedRadio(name: ModelName): Radio {
  const isOther = modelName(name) === START_NAME;
  const about = isOther ? 'The model of this page.' : `${capitalized(aboutModel(name))}.`;
  return radio(FIELD, name, modelName(name), about);
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
