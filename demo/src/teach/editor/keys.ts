/** Keys of the editor: the one list behind the keyboard and the help. */
import type { Handle, Point } from './geometry.ts';

/** Commands without an argument. */
export type Command =
  | 'new'
  | 'next'
  | 'previous'
  | 'done'
  | 'remove'
  | 'difficult'
  | 'copy'
  | 'undo'
  | 'redo'
  | 'accept'
  | 'acceptAll'
  | 'dismiss'
  | 'selectNext'
  | 'selectPrevious'
  | 'deselect'
  | 'zoomIn'
  | 'zoomOut'
  | 'zoomFit'
  | 'help';

export type KeyAction =
  | { command: Command }
  | { classId: number }
  | { handle: Handle; by: Point }
  | undefined;

/** Key names after `Ctrl+` and `Shift+`, as in KeyboardEvent.key. */
const COMMANDS: Readonly<Record<string, Command>> = {
  n: 'new',
  PageDown: 'next',
  PageUp: 'previous',
  d: 'next',
  a: 'previous',
  ' ': 'done',
  Delete: 'remove',
  Backspace: 'remove',
  f: 'difficult',
  c: 'copy',
  'Ctrl+z': 'undo',
  'Ctrl+Shift+z': 'redo',
  'Ctrl+y': 'redo',
  Enter: 'accept',
  'Shift+Enter': 'acceptAll',
  x: 'dismiss',
  '.': 'selectNext',
  ',': 'selectPrevious',
  Escape: 'deselect',
  '+': 'zoomIn',
  '=': 'zoomIn',
  '-': 'zoomOut',
  '0': 'zoomFit',
  '?': 'help',
};

/** What the help shows. */
export const KEY_HELP: readonly (readonly [keys: string, meaning: string])[] = [
  ['Drag', 'draw a box; on a box: move it, on its edge: resize it'],
  ['N', 'new box in the middle'],
  ['1 … 9', 'class of the selected box, and of the next ones'],
  ['Arrows', 'move the box; without one: previous or next image'],
  ['Shift + arrows', 'resize the box'],
  [', .', 'previous or next box'],
  ['Del', 'delete the box'],
  ['F', 'difficult'],
  ['Enter', 'accept the surest suggestion'],
  ['Shift + Enter', 'accept all suggestions'],
  ['X', 'dismiss all suggestions'],
  ['Space', 'image is done, next one'],
  ['Page Up, Page Down (A, D)', 'previous or next image'],
  ['C', 'copy the boxes to the next image'],
  ['Ctrl + Z, Ctrl + Shift + Z', 'undo, redo'],
  ['+ − 0', 'zoom; also Ctrl + wheel or two fingers'],
  ['Wheel, middle button', 'move the zoomed image'],
  ['Esc', 'deselect'],
];

const ARROWS: Readonly<Record<string, Point>> = {
  ArrowLeft: { x: -1, y: 0 },
  ArrowRight: { x: 1, y: 0 },
  ArrowUp: { x: 0, y: -1 },
  ArrowDown: { x: 0, y: 1 },
};
/** Pixels of a step while an arrow key is held. */
const HELD_STEP = 4;

type Key = Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'shiftKey' | 'altKey' | 'repeat'>;

/** What a key does. @param hasSelection whether a box is selected: arrows move it then */
export function actionOf(event: Key, hasSelection: boolean): KeyAction {
  const { key, shiftKey, altKey, repeat } = event;
  const control = event.ctrlKey || event.metaKey;
  if (altKey) return undefined;
  const arrow = ARROWS[key];
  if (arrow && !control) {
    if (!hasSelection) return walk(arrow);
    const step = repeat ? HELD_STEP : 1;
    const by = { x: step * arrow.x, y: step * arrow.y };
    return { handle: shiftKey ? 'se' : 'move', by };
  }
  if (/^[1-9]$/.test(key) && !control) return { classId: Number(key) - 1 };
  const letter = key.length === 1 ? key.toLowerCase() : key;
  // Of signs such as ? the Shift is part of the name.
  const shift = shiftKey && (key.length > 1 || /[a-z]/.test(letter)) ? 'Shift+' : '';
  const command = COMMANDS[(control ? 'Ctrl+' : '') + shift + letter];
  return command && { command };
}

function walk({ x }: Point): KeyAction {
  if (x === 0) return undefined;
  return { command: x > 0 ? 'next' : 'previous' };
}
