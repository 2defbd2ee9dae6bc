/** The frame to draw on: an image, a moment of a video, or a snapshot of a camera. */
import { byId, setText } from '../dom.ts';
import { watchDrops } from '../drops.ts';
import { explainCamera, explainFile } from '../explain.ts';
import type { Message } from '../notice.ts';
import type { Size } from './plan.ts';

interface Listener {
  /** A frame is shown. */
  shown(): void;
  /** The camera cannot be used; what is shown stays. */
  refused(message: Message): void;
  openedZones(file: File): void;
}

export class Frame {
  readonly #stage = byId('stage');
  readonly #image = byId<HTMLImageElement>('image');
  readonly #video = byId<HTMLVideoElement>('video');
  readonly #time = byId<HTMLInputElement>('time');
  readonly #listener: Listener;
  #shown: HTMLImageElement | HTMLVideoElement | undefined;

  constructor(listener: Listener) {
    this.#listener = listener;
    const input = byId<HTMLInputElement>('file');
    input.addEventListener('change', () => {
      this.#open(input.files?.[0]);
      input.value = ''; // allows choosing the same file again
    });
    document.addEventListener('paste', ({ clipboardData }) => this.#open(clipboardData?.files[0]));
    watchDrops(({ files }) => this.#open(files[0]));
    byId('camera').addEventListener('click', () => void this.#takeSnapshot());
    this.#time.addEventListener('input', () => this.#seek());
  }

  get isShown(): boolean {
    return this.#shown !== undefined;
  }

  /** Size in pixels; that of a usual camera where nothing is shown. */
  get size(): Size {
    const shown = this.#shown;
    if (!shown) return { width: 1280, height: 720 };
    if ('videoWidth' in shown) return { width: shown.videoWidth, height: shown.videoHeight };
    return { width: shown.naturalWidth, height: shown.naturalHeight };
  }

  #open(file: File | undefined): void {
    if (!file) return;
    if (/\.json$/i.test(file.name)) this.#listener.openedZones(file);
    else void this.#show(file, file.name, file.type.startsWith('video/'));
  }

  async #show(blob: Blob, name: string, isVideo: boolean): Promise<void> {
    const url = URL.createObjectURL(blob);
    this.#clear();
    try {
      if (isVideo) await this.#showVideo(url);
      else {
        this.#image.src = url;
        this.#image.alt = `Frame: ${name}`;
        await this.#image.decode();
      }
    } catch (error) {
      URL.revokeObjectURL(url);
      this.#refuse(explainFile(name, error));
      return;
    }
    this.#shown = isVideo ? this.#video : this.#image;
    this.#shown.hidden = false;
    byId('seek').hidden = !isVideo;
    this.#stage.dataset['state'] = 'shown';
    this.#listener.shown();
  }

  async #showVideo(url: string): Promise<void> {
    this.#video.src = url;
    await new Promise((resolve, reject) => {
      this.#video.onloadeddata = resolve;
      this.#video.onerror = () => reject(new Error(this.#video.error?.message));
    });
    const { duration } = this.#video;
    this.#time.max = String(Number.isFinite(duration) ? duration : 0);
    this.#time.valueAsNumber = 0;
    this.#seek();
  }

  #seek(): void {
    this.#video.currentTime = this.#time.valueAsNumber;
    setText(byId('time-value'), `${this.#time.valueAsNumber.toFixed(2)} s`);
  }

  #clear(): void {
    for (const shown of [this.#image, this.#video]) {
      if (shown.src) URL.revokeObjectURL(shown.src);
      shown.removeAttribute('src');
      shown.hidden = true;
    }
    byId('seek').hidden = true;
    this.#shown = undefined;
  }

  #refuse({ title, detail }: Message): void {
    this.#clear();
    this.#stage.dataset['state'] = 'unreadable';
    setText(byId('unreadable').querySelector('strong')!, title);
    setText(byId('unreadable').querySelector('span')!, detail);
    this.#listener.shown();
  }

  /** Opens the camera for one frame. */
  async #takeSnapshot(): Promise<void> {
    const button = byId<HTMLButtonElement>('camera');
    button.disabled = true;
    try {
      const video = { facingMode: 'environment', width: { ideal: 1920 } };
      const stream = await navigator.mediaDevices.getUserMedia({ video });
      try {
        await this.#show(await snapshot(stream), 'camera', false);
      } finally {
        for (const track of stream.getTracks()) track.stop();
      }
    } catch (error) {
      this.#listener.refused(explainCamera(error));
    } finally {
      button.disabled = false;
    }
  }
}

/** Milliseconds in which a camera adapts to the light. */
const ADAPTATION = 400;

async function snapshot(stream: MediaStream): Promise<Blob> {
  const video = Object.assign(document.createElement('video'), { muted: true, srcObject: stream });
  await video.play();
  await new Promise((resolve) => setTimeout(resolve, ADAPTATION));
  const size = { width: video.videoWidth, height: video.videoHeight };
  const canvas = Object.assign(document.createElement('canvas'), size);
  canvas.getContext('2d')!.drawImage(video, 0, 0);
  return new Promise((resolve, reject) => {
    const take = (blob: Blob | null) =>
      blob ? resolve(blob) : reject(new Error('the camera shows nothing'));
    canvas.toBlob(take, 'image/jpeg', 0.95);
  });
}
