/** Buttons and keys of the editor. */
import { byId, setText } from '../../dom.ts';
import type { Editor } from '../editor/editor.ts';
import { actionOf, type Command, type KeyAction } from '../editor/keys.ts';

export interface Controlled {
  act(action: NonNullable<KeyAction>): void;
  toggleDone(): void;
  /** Whether an image is open. */
  isReady(): boolean;
  /** Whether a box is selected. */
  hasSelection(): boolean;
  /** A field has been left with Escape. */
  cancel(): void;
}

const BUTTONS: Readonly<Record<string, Command>> = {
  previous: 'previous',
  next: 'next',
  accept: 'acceptAll',
  copy: 'copy',
  undo: 'undo',
  redo: 'redo',
  'zoom-out': 'zoomOut',
  'zoom-fit': 'zoomFit',
  'zoom-in': 'zoomIn',
};

export function watchControls(controlled: Controlled): void {
  for (const [id, command] of Object.entries(BUTTONS)) {
    byId(id).addEventListener('click', () => controlled.act({ command }));
  }
  byId('done').addEventListener('click', () => controlled.toggleDone());
  document.addEventListener('keydown', (event) => press(event, controlled));
}

/** Shows which buttons can be pressed. @param suggested number of suggestions */
export function showTools(editor: Editor, suggested: number, isOpen: boolean): void {
  const enable = (id: string, isOn: boolean) => {
    byId<HTMLButtonElement>(id).disabled = !isOn;
  };
  enable('undo', editor.canUndo);
  enable('redo', editor.canRedo);
  enable('accept', suggested > 0);
  setText(byId('accept').lastElementChild!, `Accept${suggested > 0 ? ` ${suggested}` : ''}`);
  const { done } = editor.labels;
  setText(byId('done'), done ? 'Done ✓' : 'Done, next');
  byId('done').ariaPressed = String(done);
  for (const id of ['done', 'next', 'previous', 'copy', 'remove-image']) enable(id, isOpen);
}

function press(event: KeyboardEvent, { act, isReady, hasSelection, cancel }: Controlled): void {
  const target = event.target as HTMLElement;
  // Leaves a field, so that the keys of the editor work again.
  if (event.key === 'Escape' && target.matches('.label-panel input')) {
    cancel();
    byId('board').focus();
  }
  const isElsewhere =
    byId('panel-label').hidden ||
    document.querySelector('dialog[open]') ||
    target.matches('input, select, textarea');
  // Space and Enter press a focused button.
  const isPress = target.matches('button, a') && (event.key === ' ' || event.key === 'Enter');
  if (isElsewhere || isPress || !isReady()) return;
  const action = actionOf(event, hasSelection());
  if (!action) return;
  event.preventDefault();
  act(action);
}
