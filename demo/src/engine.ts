/** The detector in its worker: loads it, changes the backend, and reports the state. */
import type { DownloadProgress, Threads } from 'refinedet';
import {
  createWorkerDetector,
  type WorkerDetector,
  type WorkerLoadOptions,
} from 'refinedet/worker';
import { byId, element, setText } from './dom.ts';

type Backend = NonNullable<WorkerLoadOptions['backend']>;

/** Displayed names of the backends. */
const NAMES: Record<Backend, string> = {
  wasm: 'WebAssembly',
  webgl: 'WebGL',
  webgpu: 'WebGPU',
  cpu: 'JavaScript',
  auto: 'the fastest backend',
};

const MOST_THREADS = 8;

export class Engine {
  readonly #backend = byId<HTMLSelectElement>('backend');
  readonly #threads = byId<HTMLSelectElement>('threads');
  readonly #state = byId('engine-state');
  readonly #fail: (error: unknown) => void;
  #model: File | undefined;
  #loading = new AbortController();
  #detector: Promise<WorkerDetector> | undefined;

  /** @param changed called after the detector has been replaced */
  constructor(changed: () => void, fail: (error: unknown) => void) {
    this.#fail = fail;
    this.#offerThreads();
    const hasGpu = { webgl: 'WebGL2RenderingContext' in globalThis, webgpu: 'gpu' in navigator };
    for (const option of this.#backend.options) {
      if (hasGpu[option.value as keyof typeof hasGpu] !== false) continue;
      option.disabled = true;
      option.text += ' (not in this browser)';
    }
    for (const select of [this.#backend, this.#threads]) select.addEventListener('change', changed);
  }

  /** Sets the model for the next {@link load}. */
  useModel(file: File): void {
    this.#model = file;
  }

  /** Loads the selected model and backend; disposes the previous detector. */
  load(): Promise<WorkerDetector> {
    this.#loading.abort();
    this.#detector?.then((detector) => detector.dispose()).catch(() => {});
    this.#loading = new AbortController();
    const { signal } = this.#loading;
    const backend = this.#backend.value as Backend;
    this.#threads.disabled = !crossOriginIsolated || backend.startsWith('webg');
    this.#report(`Loading ${NAMES[backend]} …`);
    setText(byId('choice'), '');
    this.#detector = createWorkerDetector(this.#model, {
      backend,
      threads: this.#chosenThreads(),
      worker: backend === 'wasm' ? undefined : startGpuWorker,
      signal,
      onProgress: (progress) => this.#reportProgress(progress),
      warn: (message) => this.#fail(new Error(message)),
      info: (message) => setText(byId('choice'), message),
    });
    this.#detector.then(
      (detector) => this.describe(detector),
      () => !signal.aborted && this.#report('No model'),
    );
    return this.#detector;
  }

  /** Shows where the network runs now: after a lost GPU it is WebAssembly. */
  describe({ backend, threads, config }: WorkerDetector): void {
    const many = threads > 1 ? `, ${threads} threads` : '';
    this.#report(`${NAMES[backend]}${many}`);
    const { preset, inputWidth, inputHeight, classes } = config;
    const size = `${inputWidth}×${inputHeight}, ${classes.length} classes`;
    setText(byId('model-name'), `${this.#model?.name ?? 'Default model'}: ${preset}, ${size}`);
  }

  #chosenThreads(): Threads {
    const { value } = this.#threads;
    return value === 'auto' ? 'auto' : Number(value);
  }

  #offerThreads(): void {
    if (!crossOriginIsolated) {
      this.#threads.append(element('option', { value: '1', text: '1' }));
      byId('threads-note').hidden = false;
      return;
    }
    const most = Math.min(MOST_THREADS, navigator.hardwareConcurrency);
    const counts = Array.from({ length: most }, (_, i) => String(i + 1));
    for (const value of ['auto', ...counts]) {
      const text = value === 'auto' ? 'Automatic' : value;
      this.#threads.append(element('option', { value, text }));
    }
  }

  #reportProgress({ loaded, total }: DownloadProgress): void {
    const megabytes = (loaded / 1e6).toFixed(1);
    const of = total ? ` of ${(total / 1e6).toFixed(1)}` : '';
    const share = total ? loaded / total : 0;
    this.#report('Loading the model', share, `: ${megabytes}${of} MB`);
  }

  /** @param detail text that changes too often for screen readers */
  #report(text: string, progress = 0, detail = ''): void {
    setText(this.#state, text);
    this.#state.dataset['detail'] = detail;
    this.#state.style.setProperty('--progress', String(progress));
  }
}

function startGpuWorker(): Worker {
  return new Worker(new URL('./gpu-worker.ts', import.meta.url), { type: 'module' });
}
