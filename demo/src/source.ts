/** Sources of detection: images and videos from files, the clipboard or samples, and the camera. */
import { watchCamera } from './camera.ts';
import { byId, element } from './dom.ts';
import { watchDrops } from './drops.ts';
import { explainCamera, explainFile, explainUnknownFile } from './explain.ts';
import type { Message } from './notice.ts';

export type Source =
  | { kind: 'image' | 'video'; name: string; file: Blob }
  | { kind: 'camera'; name: string; stream: MediaStream };

export interface SourceListener {
  show(source: Source): void;
  useModel(file: File): void;
  /** Something cannot be opened; what is shown stays. */
  refuse(message: Message): void;
  /** The user has turned the camera off with its button. */
  stop(): void;
}

const SAMPLES = [
  { name: 'cat.jpg', about: 'a cat', url: new URL('../../examples/cat.jpg', import.meta.url).href },
  {
    name: 'astronaut.jpg',
    about: 'an astronaut',
    url: new URL('../../examples/astronaut.jpg', import.meta.url).href,
  },
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
  watchDrops(({ files }) => open(files[0]));
  watchCamera({
    opened: (stream) => listener.show({ kind: 'camera', name: 'camera', stream }),
    refused: (error) => listener.refuse(explainCamera(error)),
    stop: () => listener.stop(),
  });
  byId('samples').append(...SAMPLES.map((sample) => sampleButton(sample, listener)));
}

/** Loads the first image of the page. */
export function firstSample(): Promise<Source> {
  return readSample(SAMPLES[0]);
}

/** Files of iPhones; not every system knows their type. */
const HEIC = /\.hei[cf]$/i;

function openFile(file: File, { show, useModel, refuse }: SourceListener): void {
  const kind = HEIC.test(file.name) ? 'image' : file.type.split('/')[0];
  if (kind === 'image') show({ kind: 'image', name: file.name, file });
  else if (kind === 'video') show({ kind: 'video', name: file.name, file });
  else if (file.name.endsWith('.safetensors')) useModel(file);
  else refuse(explainUnknownFile(file.name));
}

type Sample = (typeof SAMPLES)[number];

function sampleButton(sample: Sample, { show, refuse }: SourceListener): HTMLButtonElement {
  const button = element('button', { type: 'button', ariaLabel: `Sample: ${sample.about}` });
  button.style.backgroundImage = `url("${sample.url}")`;
  button.addEventListener('click', () =>
    readSample(sample).then(show, (error) => refuse(explainFile(sample.name, error))),
  );
  return button;
}

async function readSample({ name, url }: Sample): Promise<Source> {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}`);
  return { kind: 'image', name, file: await answer.blob() };
}
