/** The settings: backend, threads and model. */
import type { Threads } from 'refinedet';
import { byId, element, openWith, setText } from '../dom.ts';
import { type Backend, CHOICES, remark, unavailable } from './backends.ts';
import { type ModelChoice, ModelRadios } from './model-radios.ts';
import { type Radio, radio } from './radio.ts';

const MOST_THREADS = 8;

export interface Settings {
  backend: Backend;
  threads: Threads;
  model: ModelChoice;
}

export class EngineDialog {
  readonly #threads = byId<HTMLSelectElement>('threads');
  readonly #radios = new Map<Backend, Radio>();
  readonly #models = new ModelRadios();

  /** @param changed called when the user has changed a setting */
  constructor(changed: () => void) {
    openWith('settings', 'engine-dialog');
    for (const { value, name, about } of CHOICES) this.#addBackend(value, name, about);
    this.#offerThreads();
    this.select({ ...this.settings, backend: 'wasm' });
    byId('engine-dialog').addEventListener('change', ({ target }) => {
      if ((target as Element).matches('[name=backend], [name=model], #threads')) changed();
    });
  }

  get settings(): Settings {
    const backend = [...this.#radios].find(([, { input }]) => input.checked)?.[0] ?? 'wasm';
    const { value } = this.#threads;
    return {
      backend,
      threads: value === 'auto' ? 'auto' : Number(value),
      model: this.#models.selected,
    };
  }

  set model(model: ModelChoice) {
    this.#models.select(model);
  }

  /** Shows other settings, such as those that work. */
  select({ backend, threads, model }: Settings): void {
    this.#radios.get(backend)!.input.checked = true;
    this.#threads.value = String(threads);
    this.model = model;
    this.#explainThreads(backend);
  }

  /** Takes a model of the user's own out of the choice. */
  removeModel(model: ModelChoice): void {
    this.#models.remove(model);
  }

  /** Takes a backend out of the choice. */
  disable(backend: Backend, reason: string): void {
    const { input, about } = this.#radios.get(backend)!;
    input.disabled = true;
    setText(about, reason);
  }

  #addBackend(value: Backend, name: string, about: string): void {
    const added = radio('backend', value, name, remark(value) ?? about);
    byId('backends').append(added.label);
    this.#radios.set(value, added);
    added.input.addEventListener('change', () => this.#explainThreads(value));
    unavailable(value).then((reason) => reason && this.disable(value, reason));
  }

  #offerThreads(): void {
    const most = crossOriginIsolated ? Math.min(MOST_THREADS, navigator.hardwareConcurrency) : 1;
    const counts = Array.from({ length: most }, (_, i) => String(i + 1));
    const values = crossOriginIsolated ? ['auto', ...counts] : counts;
    for (const value of values) {
      const text = value === 'auto' ? 'Automatic' : value;
      this.#threads.append(element('option', { value, text }));
    }
  }

  #explainThreads(backend: Backend): void {
    const isOnGpu = backend === 'webgl' || backend === 'webgpu';
    this.#threads.disabled = !crossOriginIsolated || isOnGpu;
    let why = 'Automatic uses most of the cores.';
    if (isOnGpu) why = 'Only WebAssembly uses several threads.';
    if (!crossOriginIsolated) {
      why = 'One thread: the server of this page does not send the two headers that more need.';
    }
    setText(byId('threads-note'), why);
  }
}
