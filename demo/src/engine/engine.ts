/** The detector in its worker: loads it, replaces it, and reports its state. */
import type { DownloadProgress } from 'refinedet';
import { createWorkerDetector, type WorkerDetector } from 'refinedet/worker';
import { byId, setText } from '../dom.ts';
import type { Notice } from '../notice.ts';
import { BACKEND_NAMES, type Backend, CHOICES } from './backends.ts';
import { EngineDialog, type Settings } from './engine-dialog.ts';
import { modelName } from './model-radios.ts';

export class Engine {
  readonly #dialog = new EngineDialog(() => void this.load());
  readonly #changed: () => void;
  readonly #notice: Notice;
  #loading = new AbortController();
  #isLoading = true;
  #current: WorkerDetector | undefined;
  /** Settings of the current detector. */
  #working: Settings | undefined;

  /** @param changed called when there is another detector, or none could be loaded */
  constructor(notice: Notice, changed: () => void) {
    this.#notice = notice;
    this.#changed = changed;
  }

  /** The detector to use; none before the first one is loaded. */
  get current(): WorkerDetector | undefined {
    return this.#current;
  }

  get isLoading(): boolean {
    return this.#isLoading;
  }

  useModel(file: File): void {
    this.#dialog.model = file;
    void this.load();
  }

  /** Loads the selected model and backend. The current detector works on until the new one is ready. */
  async load(): Promise<void> {
    this.#loading.abort();
    this.#loading = new AbortController();
    this.#isLoading = true;
    const { signal } = this.#loading;
    const { settings } = this.#dialog;
    const { backend, threads, model } = settings;
    this.#report('Loading …', 'Loading the model');
    setText(byId('choice'), '');
    try {
      const next = await createWorkerDetector(model, {
        backend,
        threads,
        worker: backend === 'wasm' ? undefined : startGpuWorker,
        signal,
        onProgress: (progress) => this.#reportProgress(progress),
        warn: (message) => this.#warn(message),
        info: (message) => setText(byId('choice'), message),
      });
      this.#current?.dispose();
      this.#current = next;
      this.#working = settings;
      this.#notice.clear('engine');
    } catch (error) {
      if (signal.aborted) return;
      this.#fail(settings, error as Error & { code?: string });
    }
    this.#isLoading = false;
    byId('progress').hidden = true;
    if (this.#current) this.describe(this.#current);
    else this.#report('No model');
    this.#changed();
  }

  /** Shows where the network runs now: after a lost GPU it is WebAssembly. */
  describe({ backend, threads, compute, config }: WorkerDetector): void {
    if (this.isLoading) return;
    const many = threads > 1 ? `, ${threads} threads` : '';
    const bits = compute === 'int8' ? ', 8-bit' : '';
    this.#report(`${BACKEND_NAMES[backend]}${many}${bits}`);
    if (this.#working) this.#dialog.model = this.#working.model;
    const { preset, inputWidth, inputHeight, classes } = config;
    const size = `${inputWidth} × ${inputHeight} pixels`;
    setText(byId('model-size'), `${preset}, ${classes.length} classes, ${size}`);
  }

  /** Goes back to what works, and says so. */
  #fail(failed: Settings, { message, code }: Error & { code?: string }): void {
    const working = this.#working;
    if (!working) {
      const isOwn = typeof failed.model !== 'string';
      const title = isOwn ? `${modelName(failed.model)} cannot be used` : 'No model';
      const retry = { name: 'Try again', run: () => void this.load() };
      this.#notice.show('engine', { title, detail: message }, retry);
      return;
    }
    this.#dialog.select(working);
    const hasOtherModel = failed.model !== working.model;
    const hasOtherBackend = failed.backend !== working.backend;
    // When both are new, the error says which one is to blame.
    if (hasOtherBackend && (!hasOtherModel || code === 'BACKEND_UNAVAILABLE')) {
      this.#dialog.disable(failed.backend, 'Not available: it could not be started.');
      const title = `${nameOf(failed.backend)} cannot be used here`;
      const detail = `The page continues with ${nameOf(working.backend)}.`;
      this.#notice.show('engine', { title, detail });
      return;
    }
    if (hasOtherModel) this.#dialog.removeModel(failed.model);
    const title = hasOtherModel ? `${modelName(failed.model)} cannot be used` : 'The change failed';
    const detail = `${message}. The page continues with the model it had.`;
    this.#notice.show('engine', { title, detail });
  }

  #warn(message: string): void {
    this.#notice.show('engine', { title: 'Note:', detail: message });
  }

  #reportProgress({ loaded, total }: DownloadProgress): void {
    const megabytes = (loaded / 1e6).toFixed(1);
    const of = total ? ` of ${(total / 1e6).toFixed(1)}` : '';
    this.#report('Loading …', `Loading the model: ${megabytes}${of} MB`, total && loaded / total);
  }

  /** @param progress text over the image, which changes too often for screen readers */
  #report(state: string, progress?: string, share = 0): void {
    setText(byId('engine-state'), state);
    byId('engine-state').classList.toggle('busy', progress !== undefined);
    const bar = byId('progress');
    bar.hidden = progress === undefined;
    if (progress) setText(bar.firstElementChild!, progress);
    bar.style.setProperty('--progress', String(share));
  }
}

function nameOf(backend: Backend): string {
  return CHOICES.find(({ value }) => value === backend)!.name;
}

function startGpuWorker(): Worker {
  return new Worker(new URL('../gpu-worker.ts', import.meta.url), { type: 'module' });
}
