/** The folder of `refinedet label`, over HTTP; versions are ETags. */
import { type ImageLabels, parseLabels } from '../../../../src/datasets/labeling/label-boxes.ts';
import type {
  AnnotationStore,
  ImageState,
  Project,
  Summary,
  VersionedLabels,
  WriteResult,
} from './annotation-store.ts';

const STATES: readonly ImageState[] = ['new', 'labeled', 'done'];
/** Bytes of a request that browsers send on after a page is closed: 64 KiB in all. */
const MOST_KEPT_ALIVE = 60_000;
const JSON_TYPE = { 'content-type': 'application/json' };

export class FolderStore implements AnnotationStore {
  async open(): Promise<Project> {
    const { images, ...rest } = await (await call('project')).json();
    const entries = (images as [string, number][]).map(([name, state]) => {
      return { name, state: STATES[state] };
    });
    return { ...rest, images: entries };
  }

  async summary(): Promise<Summary> {
    return (await call('summary')).json();
  }

  async image(name: string): Promise<Blob> {
    return (await call('image', name)).blob();
  }

  async read(name: string): Promise<VersionedLabels> {
    return versioned(await call('labels', name));
  }

  async write(name: string, labels: ImageLabels, version: string): Promise<WriteResult> {
    const body = JSON.stringify(labels);
    const answer = await call('labels', name, {
      method: 'PUT',
      headers: { ...JSON_TYPE, 'if-match': `"${version}"` },
      body,
      // Arrives also when the page is closed now; browsers refuse larger bodies then.
      keepalive: new Blob([body]).size < MOST_KEPT_ALIVE,
    });
    return answer.status === 412
      ? { current: await versioned(answer) }
      : { version: tagOf(answer) };
  }

  async addClass(name: string): Promise<void> {
    const body = JSON.stringify({ name });
    await call('class', undefined, { method: 'POST', headers: JSON_TYPE, body });
  }

  async replaceClass(from: string, to?: string): Promise<void> {
    const body = JSON.stringify({ name: from, to });
    await call('class', undefined, { method: 'PUT', headers: JSON_TYPE, body });
  }

  async add(name: string, file: Blob): Promise<string> {
    const headers = { 'content-type': 'application/octet-stream' };
    const answer = await call('image', name, { method: 'POST', headers, body: file });
    return (await answer.json()).image;
  }
}

async function call(route: string, image?: string, init?: RequestInit): Promise<Response> {
  const query = image === undefined ? '' : `?image=${encodeURIComponent(image)}`;
  const answer = await fetch(`api/${route}${query}`, init).catch((cause) => {
    const message = 'refinedet label does not answer: is it still running in its terminal?';
    throw new Error(message, { cause });
  });
  if (answer.ok || answer.status === 412) return answer;
  const { message } = await answer.json().catch(() => ({ message: answer.statusText }));
  throw new Error(message);
}

const tagOf = (answer: Response): string => answer.headers.get('etag')!.replaceAll('"', '');

async function versioned(answer: Response): Promise<VersionedLabels> {
  const labels = parseLabels(await answer.json());
  if (!labels) throw new Error('the server answers no labels');
  return { labels, version: tagOf(answer) };
}
