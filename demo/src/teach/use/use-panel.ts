/** The third step: tries the model, saves it, and shows its errors. */
import { createWorkerDetector, type WorkerDetector } from 'refinedet/worker';
import { byId, setText } from '../../dom.ts';
import type { Found } from '../../draw.ts';
import { explainCamera, explainFile } from '../../explain.ts';
import type { Notice } from '../../notice.ts';
import type { Source } from '../../source.ts';
import { Stage } from '../../stage.ts';
import { START_MODEL } from '../../start-model.ts';
import type { Session } from '../store/session.ts';
import type { Suggester } from '../suggest/suggester.ts';
import { saveModel, saveOnnx, savePage } from './downloads.ts';
import { ErrorList } from './error-list.ts';
import { type FoundError, findErrors } from './find-errors.ts';

interface UseParts {
  session: Session;
  suggester: Suggester;
  notice: Notice;
  /** Opens an image in the editor. */
  open(error: FoundError): void;
}

export class UsePanel {
  readonly #parts: UseParts;
  readonly #stage = new Stage();
  readonly #errors: ErrorList;
  #model: Blob | undefined;
  #detector: Promise<WorkerDetector> | undefined;
  #running = new AbortController();

  constructor(parts: UseParts) {
    this.#parts = parts;
    this.#errors = new ErrorList(parts.session, parts.open);
    const input = byId<HTMLInputElement>('try-file');
    input.addEventListener('change', () => {
      const file = input.files?.[0];
      if (file) void this.#try(file);
      input.value = ''; // allows choosing the same file again
    });
    byId('try-camera').addEventListener('click', () => void this.#camera());
    byId('find-errors').addEventListener('click', () => void this.#findErrors());
    const saves: Readonly<Record<string, (model: Blob) => unknown>> = {
      'save-model': saveModel,
      'save-onnx': saveOnnx,
      'save-page': savePage,
    };
    for (const [id, save] of Object.entries(saves)) {
      byId(id).addEventListener('click', () => void this.#save(save));
    }
    setText(byId('model-state'), 'Without training, the model of the suggestions is tried.');
  }

  /** Uses another model from now on. */
  use(model: Blob): void {
    this.#model = model;
    this.#forget();
    for (const id of ['save-model', 'save-onnx', 'save-page', 'find-errors']) {
      byId<HTMLButtonElement>(id).disabled = false;
    }
    const megabytes = (model.size / 1e6).toFixed(1);
    setText(byId('model-state'), `Trained here, ${megabytes} MB.`);
  }

  /** Ends what runs, turns the camera off. */
  stop(): void {
    this.#running.abort();
    this.#stage.clear();
    byId('try-camera').ariaPressed = 'false';
    setText(byId('try-found'), '');
  }

  #forget(): void {
    void this.#detector?.then((detector) => detector.dispose()).catch(() => {});
    this.#detector = undefined;
  }

  #load(): Promise<WorkerDetector> {
    this.#detector ??= createWorkerDetector(this.#model ?? START_MODEL, { warn: () => {} });
    return this.#detector;
  }

  async #camera(): Promise<void> {
    if (byId('try-camera').ariaPressed === 'true') {
      this.stop();
      return;
    }
    try {
      const video = { facingMode: 'environment', width: { ideal: 1280 } };
      const stream = await navigator.mediaDevices.getUserMedia({ video });
      await this.#show({ kind: 'camera', name: 'camera', stream });
    } catch (error) {
      this.#parts.notice.show('source', explainCamera(error));
    }
  }

  async #try(file: File): Promise<void> {
    const kind = file.type.startsWith('video/') ? 'video' : 'image';
    await this.#show({ kind, name: file.name, file });
  }

  async #show(source: Source): Promise<void> {
    this.stop();
    this.#running = new AbortController();
    const { signal } = this.#running;
    byId('try-camera').ariaPressed = String(source.kind === 'camera');
    try {
      await this.#stage.show(source);
      const detector = await this.#load();
      if (signal.aborted) return;
      if (source.kind === 'image') {
        this.#draw(await detector.detect(this.#stage.input(source.file), { signal }));
        return;
      }
      for await (const { detections } of detector.stream(this.#stage.video, {
        track: true,
        signal,
      })) {
        this.#draw(detections);
      }
    } catch (error) {
      if (!signal.aborted) this.#stage.refuse(explainFile(source.name, error));
    }
  }

  #draw(found: readonly Found[]): void {
    this.#stage.draw(found);
    const labels = found.map(({ label, score }) => `${label} ${Math.round(100 * score)} %`);
    setText(byId('try-found'), labels.join(', ') || 'Nothing found');
  }

  async #findErrors(): Promise<void> {
    const state = byId('errors-state');
    const button = byId<HTMLButtonElement>('find-errors');
    button.disabled = true;
    try {
      const { session, suggester } = this.#parts;
      const errors = await findErrors(session, suggester, new AbortController().signal, (share) =>
        setText(state, `Comparing ${Math.round(100 * share)} %`),
      );
      setText(
        state,
        errors.length === 0
          ? 'The model and the labels agree.'
          : `${errors.length} errors. A click opens the image.`,
      );
      await this.#errors.show(errors);
    } catch (error) {
      setText(state, (error as Error).message);
    }
    button.disabled = false;
  }

  async #save(save: (model: Blob) => unknown): Promise<void> {
    if (!this.#model) return;
    try {
      await save(this.#model);
    } catch (error) {
      const detail = (error as Error).message;
      this.#parts.notice.show('save', { title: 'The model cannot be saved', detail });
    }
  }
}
