/** Sources of detection: images and videos from files, the clipboard or samples, and the camera. */
import { byId, element } from './dom.ts';

export type Source =
  | { kind: 'image' | 'video'; name: string; file: Blob }
  | { kind: 'camera'; name: string; stream: MediaStream };

export interface SourceListener {
  show(source: Source): void;
  useModel(file: File): void;
  fail(error: unknown): void;
  /** The user has turned the camera off with its button. */
  stop(): void;
}

const SAMPLES = [
  { name: 'cat.jpg', url: new URL('../../examples/cat.jpg', import.meta.url).href },
  { name: 'astronaut.jpg', url: new URL('../../examples/astronaut.jpg', import.meta.url).href },
];

/** Connects all controls that provide an image. */
export function watchSources(listener: SourceListener): void {
  const open = (file: File | undefined) => {
    if (file) openFile(file, listener);
  };
  for (const id of ['file', 'model']) {
    const input = byId<HTMLInputElement>(id);
    input.addEventListener('change', () => {
      open(input.files?.[0]);
      input.value = ''; // allows choosing the same file again
    });
  }
  document.addEventListener('paste', ({ clipboardData }) => open(clipboardData?.files[0]));
  watchDrops(open);
  watchCamera(listener);
  byId('samples').append(...SAMPLES.map((sample) => sampleButton(sample, listener)));
}

/** Loads the first image of the page. */
export function firstSample(): Promise<Source> {
  return readSample(SAMPLES[0]);
}

function openFile(file: File, { show, useModel, fail }: SourceListener): void {
  const [kind] = file.type.split('/');
  if (kind === 'image') show({ kind: 'image', name: file.name, file });
  else if (kind === 'video') show({ kind: 'video', name: file.name, file });
  else if (file.name.endsWith('.safetensors')) useModel(file);
  else fail(new Error(`${file.name} is not an image, a video or a model file`));
}

function watchDrops(open: (file: File | undefined) => void): void {
  const { classList } = document.body;
  document.addEventListener('dragover', (event) => {
    event.preventDefault();
    classList.add('dropping');
  });
  document.addEventListener('dragleave', ({ relatedTarget }) => {
    if (!relatedTarget) classList.remove('dropping');
  });
  document.addEventListener('drop', (event) => {
    event.preventDefault();
    classList.remove('dropping');
    open(event.dataTransfer?.files[0]);
  });
}

function watchCamera({ show, stop, fail }: SourceListener): void {
  const button = byId<HTMLButtonElement>('camera');
  if (!navigator.mediaDevices) {
    button.disabled = true;
    button.title = 'Cameras need https or localhost';
  }
  button.addEventListener('click', async () => {
    if (button.ariaPressed === 'true') return stop();
    try {
      const video = { facingMode: 'environment', width: { ideal: 1280 } };
      const stream = await navigator.mediaDevices.getUserMedia({ video });
      show({ kind: 'camera', name: 'camera', stream });
    } catch (cause) {
      fail(new Error(`cannot use the camera: ${(cause as Error).message}`, { cause }));
    }
  });
}

type Sample = (typeof SAMPLES)[number];

function sampleButton(sample: Sample, { show, fail }: SourceListener): HTMLButtonElement {
  const button = element('button', { type: 'button', ariaLabel: `Sample ${sample.name}` });
  button.style.backgroundImage = `url("${sample.url}")`;
  button.addEventListener('click', () => readSample(sample).then(show, fail));
  return button;
}

async function readSample({ name, url }: Sample): Promise<Source> {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}`);
  return { kind: 'image', name, file: await answer.blob() };
}
