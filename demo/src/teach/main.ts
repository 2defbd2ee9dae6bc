/** Connects the parts of the page: labels, training and use. */

import type { WrittenFormat } from '../../../src/datasets/dataset-types.ts';
import { byId, element, openWith, setText } from '../dom.ts';
import { Notice } from '../notice.ts';
import { KEY_HELP } from './editor/keys.ts';
import { saveFile } from './files/save.ts';
import { datasetZip } from './files/save-zip.ts';
import { ImageShelf } from './label/image-shelf.ts';
import { LabelPanel } from './label/label-panel.ts';
import { watchRemoval } from './label/remove-image.ts';
import { BrowserStore } from './store/browser-store.ts';
import { FolderStore } from './store/folder-store.ts';
import { Session } from './store/session.ts';
import { Suggester } from './suggest/suggester.ts';
import { TrainPanel } from './train/train-panel.ts';
import { ModelChoice } from './use/model-choice.ts';
import { UsePanel } from './use/use-panel.ts';

/** Number of changes on their way to the store. */
let unsaved = 0;
const isFolder = document.documentElement.dataset['store'] === 'folder';
const notice = new Notice(byId<HTMLElement>('notices'));
const suggester = new Suggester();
const session = new Session(isFolder ? new FolderStore() : new BrowserStore(), {
  changed: () => refresh(),
  merged: (name, labels) => {
    panel.merge(name, labels);
    notice.show('source', { title: 'Joined:', detail: `another page has changed ${name} too` });
  },
  saving: (open) => {
    unsaved = open + session.unsaved;
    setText(byId('saved'), open > 0 ? 'Saving …' : unsaved > 0 ? 'Not saved' : 'Saved');
    if (unsaved === 0) notice.clear('unsaved');
  },
  failed: ({ message }) => {
    const retry = { name: 'Try again', run: () => void session.saveAgain() };
    notice.show('unsaved', { title: 'Not saved', detail: message }, retry);
  },
});
const shelf: ImageShelf = new ImageShelf({
  session,
  suggester,
  notice,
  open: (name) => void panel.open(name),
});
const panel: LabelPanel = new LabelPanel({
  session,
  suggester,
  notice,
  order: () => shelf.order,
  opened: () => refresh(),
});

watchRemoval({
  session,
  notice,
  order: () => shelf.order,
  current: () => panel.name,
  open: (name) => void (name === undefined ? panel.close() : panel.open(name)),
});

const usePanel: UsePanel = new UsePanel({
  session,
  suggester,
  notice,
  open: ({ image, box }) => {
    showStep('label');
    void panel.open(image, box);
  },
});
const trainPanel: TrainPanel = new TrainPanel({
  session,
  // Both would share the processor.
  started: () => suggester.release(),
  trained: (model, about) => {
    models.add(model, about).catch((error: Error) => {
      const title = 'The model is not kept: save it now';
      notice.show('save', { title, detail: error.message });
    });
  },
});

let models: ModelChoice;

function useModel(model: Blob): void {
  suggester.use(model);
  usePanel.use(model);
  void panel.renewSuggestions();
}

let isDue = false;
/** Shows what has changed, in the next frame. */
function refresh(): void {
  if (isDue) return;
  isDue = true;
  queueMicrotask(() => {
    isDue = false;
    shelf.show(panel.name);
    panel.refresh();
    trainPanel.refresh();
  });
}

function showStep(step: string): void {
  for (const other of ['label', 'train', 'use']) {
    byId(`panel-${other}`).hidden = other !== step;
    byId(`step-${other}`).ariaPressed = String(other === step);
  }
  if (step !== 'use') usePanel.stop();
  refresh();
}

async function saveZip(format: WrittenFormat): Promise<void> {
  const name = session.project.name.replace(/\W+/g, '-');
  const state = byId('saved');
  try {
    const zip = await datasetZip(session, format, (share) =>
      setText(state, `Packing ${Math.round(100 * share)} %`),
    );
    saveFile(zip, `${name}-${format}.zip`);
    setText(state, 'Saved');
  } catch (error) {
    notice.show('save', { title: 'No zip', detail: (error as Error).message });
  }
}

async function start(): Promise<void> {
  for (const [keys, meaning] of KEY_HELP) {
    byId('key-list').append(element('dt', {}, keys), element('dd', {}, meaning));
  }
  openWith('keys', 'keys-dialog');
  addEventListener('beforeunload', (event) => {
    if (unsaved > 0) event.preventDefault();
  });
  for (const step of ['label', 'train', 'use']) {
    byId(`step-${step}`).addEventListener('click', () => showStep(step));
  }
  for (const id of ['save-zip', 'save-data']) {
    byId(id).addEventListener('click', () => {
      void saveZip(byId<HTMLSelectElement>('zip-format').value as WrittenFormat);
    });
  }
  try {
    await session.open();
    const first = session.images.find(({ state }) => state !== 'done') ?? session.images[0];
    if (first) void panel.open(first.name);
    await session.count();
    setText(byId('saved'), 'Saved');
    if (isFolder) setText(byId('place'), `Labels are saved in the folder ${session.project.name}.`);
  } catch (error) {
    setText(byId('saved'), 'Not opened');
    notice.show('source', {
      title: 'The images cannot be opened',
      detail: (error as Error).message,
    });
    return;
  }
  try {
    models = new ModelChoice(session.project.id, useModel);
    await models.restore();
    await trainPanel.restore();
  } catch (error) {
    const title = 'Models of earlier visits cannot be opened';
    notice.show('source', { title, detail: (error as Error).message });
  }
}

void start();
