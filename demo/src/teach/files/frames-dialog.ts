/** Takes images from the camera or from a video. */
import { byId, setText } from '../../dom.ts';
import { asJpeg, type NewImage } from './add-files.ts';

const SECOND_MS = 1000;

export class FramesDialog {
  readonly #dialog = byId<HTMLDialogElement>('frames-dialog');
  readonly #video = byId<HTMLVideoElement>('frames-video');
  readonly #many = byId<HTMLButtonElement>('take-many');
  readonly #add: (image: NewImage) => Promise<unknown>;
  #stem = '';
  #taken = 0;
  #timer: ReturnType<typeof setInterval> | undefined;

  /** @param add receives every image taken */
  constructor(add: (image: NewImage) => Promise<unknown>) {
    this.#add = add;
    byId('take-frame').addEventListener('click', () => this.#take());
    this.#many.addEventListener('click', () => this.#toggle());
    this.#dialog.addEventListener('close', () => this.#stop());
    this.#video.addEventListener('ended', () => this.#pause());
  }

  /** @throws an error when the camera is refused */
  async openCamera(): Promise<void> {
    const video = { facingMode: 'environment', width: { ideal: 1280 } };
    this.#video.srcObject = await navigator.mediaDevices.getUserMedia({ video });
    this.#video.controls = false;
    await this.#open('camera');
  }

  /** @throws an error when the file is not a video */
  async openVideo(file: File): Promise<void> {
    this.#video.src = URL.createObjectURL(file);
    this.#video.controls = true;
    await this.#open(file.name.replace(/\.[^.]*$/, ''));
  }

  async #open(stem: string): Promise<void> {
    this.#stem = stem;
    this.#taken = 0;
    this.#describe();
    this.#dialog.showModal();
    try {
      await this.#video.play();
    } catch (error) {
      this.#dialog.close();
      throw error;
    }
  }

  async #take(): Promise<void> {
    if (this.#video.videoWidth === 0) return;
    try {
      const file = await asJpeg(await createImageBitmap(this.#video));
      const number = String(++this.#taken).padStart(4, '0');
      await this.#add({ name: `${this.#stem}-${number}.jpg`, file });
      this.#describe();
    } catch (error) {
      this.#pause();
      setText(byId('frames-state'), `Not saved: ${(error as Error).message}`);
    }
  }

  #toggle(): void {
    if (this.#timer !== undefined) {
      this.#pause();
      return;
    }
    this.#timer = setInterval(() => void this.#take(), SECOND_MS);
    void this.#video.play();
    this.#many.ariaPressed = 'true';
  }

  #pause(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#many.ariaPressed = 'false';
  }

  #stop(): void {
    this.#pause();
    const camera = this.#video.srcObject;
    if (camera instanceof MediaStream) for (const track of camera.getTracks()) track.stop();
    URL.revokeObjectURL(this.#video.src);
    this.#video.srcObject = null;
    this.#video.removeAttribute('src');
    this.#video.load();
  }

  #describe(): void {
    const count = this.#taken === 1 ? '1 image' : `${this.#taken} images`;
    setText(byId('frames-state'), `${count} taken`);
  }
}
