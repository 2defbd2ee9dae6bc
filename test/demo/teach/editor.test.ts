/** The editor without a page: boxes, history, geometry, zoom and keys. */
import { describe, expect, it } from 'vitest';
import { Editor } from '../../../demo/src/teach/editor/editor.ts';
import {
  boxAt,
  boxBetween,
  fitInto,
  handleAt,
  middleBox,
  pull,
} from '../../../demo/src/teach/editor/geometry.ts';
import { actionOf } from '../../../demo/src/teach/editor/keys.ts';
import { Viewport } from '../../../demo/src/teach/editor/viewport.ts';
import { chooseSuggestions } from '../../../demo/src/teach/suggest/choose-suggestions.ts';
import type { Detection } from '../../../src/boxes.ts';
import type { ImageLabels } from '../../../src/datasets/labeling/label-boxes.ts';

const SIZE = { width: 200, height: 100 };
const BOX = { x: 10, y: 20, width: 30, height: 40 };

function open(boxes: ImageLabels['boxes'] = []) {
  const stored: ImageLabels[] = [];
  const editor = new Editor({ drawn: () => {}, edited: (labels) => void stored.push(labels) });
  editor.load('a.png', { boxes, done: false }, SIZE);
  return { editor, stored };
}

describe('the editor', () => {
  it('stores every change, and undoes and redoes it', () => {
    const { editor, stored } = open();
    editor.add('cat', BOX);
    editor.setLabel('dog');
    editor.toggleDifficult();
    editor.remove();
    expect(
      stored.map(({ boxes }) => boxes.map(({ label, difficult }) => [label, difficult])),
    ).toEqual([[['cat', false]], [['dog', false]], [['dog', true]], []]);
    for (let i = 0; i < 4; i++) editor.undo();
    expect([editor.boxes.length, editor.canUndo]).toEqual([0, false]);
    for (let i = 0; i < 3; i++) editor.redo();
    expect(editor.boxes).toMatchObject([{ label: 'dog', difficult: true }]);
    expect(stored).toHaveLength(11);
    editor.undo();
    editor.add('cow', BOX);
    expect(editor.canRedo).toBe(false);
  });

  it('undoes in an image that is opened again, unless another page has changed it', () => {
    const { editor, stored } = open();
    editor.add('cat', BOX);
    const cat = editor.labels;
    editor.load('b.png', { boxes: [], done: false }, SIZE);
    expect(editor.canUndo).toBe(false);
    editor.load('a.png', cat, SIZE);
    editor.undo();
    expect([editor.boxes, stored.at(-1)?.boxes]).toEqual([[], []]);
    editor.redo();
    editor.load('b.png', { boxes: [], done: false }, SIZE);
    editor.load('a.png', { ...cat, done: true }, SIZE);
    expect(editor.canUndo).toBe(false);
  });

  it('takes nudges that follow fast as one step, and a drag as one step', () => {
    const { editor, stored } = open();
    editor.add('cat', BOX);
    for (let i = 0; i < 5; i++) editor.nudge('move', { x: 1, y: 0 });
    expect(editor.boxes[0].box.x).toBe(15);
    editor.undo();
    expect(editor.boxes[0].box).toEqual(BOX);
    const before = stored.length;
    for (const x of [11, 12, 13]) editor.drag(0, { ...BOX, x });
    expect([editor.boxes[0].box.x, stored.length]).toEqual([13, before]);
    editor.drop(true);
    expect(stored.length).toBe(before + 1);
    editor.drag(0, { ...BOX, x: 50 });
    editor.drop(false);
    expect([editor.boxes[0].box.x, stored.length]).toEqual([13, before + 1]);
  });

  it('stores nothing where nothing changes', () => {
    const { editor, stored } = open([{ label: 'cat', box: BOX, difficult: false }]);
    editor.setLabel('dog'); // without a selection
    editor.select(0);
    editor.setLabel('cat');
    editor.nudge('move', { x: 0, y: 0 });
    editor.setDone(false);
    expect([stored, editor.canUndo]).toEqual([[], false]);
    editor.setDone(true);
    expect(stored).toHaveLength(1);
  });

  it('pastes what fits into an image of another size', () => {
    const { editor } = open();
    const at = (x: number) => ({ label: 'cat', box: { ...BOX, x }, difficult: false });
    editor.paste([at(10), at(190), at(300)]);
    expect(editor.boxes.map(({ box }) => [box.x, box.width])).toEqual([
      [10, 30],
      [190, 10],
    ]);
  });

  it('selects one box after the other', () => {
    const box = { label: 'cat', box: BOX, difficult: false };
    const { editor } = open([box, box, box]);
    const order = [1, 1, 1, 1, -1, -1].map((direction) => {
      editor.cycle(direction as 1 | -1);
      return editor.selected;
    });
    expect(order).toEqual([0, 1, 2, 0, 2, 1]);
  });
});

describe('boxes under the pointer', () => {
  it('have a handle at each side, and an inside', () => {
    const at = (x: number, y: number) => handleAt({ x, y }, BOX, 3);
    expect([at(10, 20), at(40, 60), at(25, 19), at(41, 40)]).toEqual(['nw', 'se', 'n', 'e']);
    expect([at(25, 40), at(5, 40), at(25, 65)]).toEqual(['move', undefined, undefined]);
  });

  it('are found small ones first, but the selected one before all', () => {
    const boxes = [{ x: 0, y: 0, width: 100, height: 100 }, BOX];
    expect(boxAt({ x: 25, y: 40 }, boxes, 2)).toEqual({ index: 1, handle: 'move' });
    expect(boxAt({ x: 25, y: 40 }, boxes, 2, 0)?.index).toBe(0);
    expect(boxAt({ x: 150, y: 50 }, boxes, 2)).toBe(undefined);
  });

  it('stay inside the image and never turn inside out', () => {
    expect(pull(BOX, 'move', { x: 500, y: -500 }, SIZE)).toEqual({ ...BOX, x: 170, y: 0 });
    expect(pull(BOX, 'w', { x: 500, y: 0 }, SIZE)).toEqual({ ...BOX, x: 38, width: 2 });
    expect(pull(BOX, 'se', { x: 500, y: 500 }, SIZE)).toEqual({ ...BOX, width: 190, height: 80 });
    expect(boxBetween({ x: 50, y: 60 }, { x: -9, y: 900 }, SIZE)).toEqual({
      x: 0,
      y: 60,
      width: 50,
      height: 40,
    });
    expect(boxBetween({ x: 5, y: 5 }, { x: 6, y: 50 }, SIZE)).toBe(undefined);
    expect(fitInto({ ...BOX, y: 200 }, SIZE)).toBe(undefined);
  });
});

describe('zoom', () => {
  it('keeps the point under the pointer, and the image in view', () => {
    const viewport = new Viewport();
    viewport.setView({ width: 400, height: 400 });
    viewport.setImage(SIZE);
    expect([viewport.scale, viewport.origin]).toEqual([2, { x: 0, y: 100 }]);
    const before = viewport.toImage({ x: 100, y: 200 });
    viewport.zoomBy(4, { x: 100, y: 200 });
    const after = viewport.toView(before);
    expect([after.x, after.y].map(Math.round)).toEqual([100, 200]);
    viewport.pan({ x: 1e6, y: 1e6 });
    expect([viewport.origin.x, viewport.origin.y].map(Math.round)).toEqual([0, 0]);
    viewport.zoomBy(0.001);
    expect(viewport.zoom).toBe(1);
  });
});

describe('keys', () => {
  const press = (key: string, more: object = {}, hasSelection = false) => {
    const none = { ctrlKey: false, metaKey: false, shiftKey: false, altKey: false, repeat: false };
    return actionOf({ key, ...none, ...more }, hasSelection);
  };

  it('mean the same with Control and Command, and never take those of the browser', () => {
    for (const control of ['ctrlKey', 'metaKey']) {
      expect(press('z', { [control]: true })).toEqual({ command: 'undo' });
      expect(press('Z', { [control]: true, shiftKey: true })).toEqual({ command: 'redo' });
      expect(press('c', { [control]: true })).toBe(undefined);
    }
    expect(press('ArrowLeft', { altKey: true })).toBe(undefined);
    expect(press('?', { shiftKey: true })).toEqual({ command: 'help' });
  });

  it('move and resize the selected box, or go to another image', () => {
    expect(press('ArrowLeft')).toEqual({ command: 'previous' });
    expect(press('ArrowLeft', {}, true)).toEqual({ handle: 'move', by: { x: -1, y: 0 } });
    expect(press('ArrowDown', { shiftKey: true, repeat: true }, true)).toEqual({
      handle: 'se',
      by: { x: 0, y: 4 },
    });
    expect(press('3')).toEqual({ classId: 2 });
  });
});

describe('suggestions', () => {
  const found = (label: string, score: number, x = 10): Detection => {
    return { label, classId: 0, score, box: { ...BOX, x } };
  };

  it('are of the classes of the project, sure enough, and not where a box is', () => {
    const detections = [
      found('cat', 0.4),
      found('dog', 0.9),
      found('cat', 0.8, 100),
      found('cat', 0.2, 150),
    ];
    const scores = (boxes: ImageLabels['boxes'], classes: string[]) =>
      chooseSuggestions(detections, boxes, classes).map(({ score }) => score);
    expect(scores([], ['cat'])).toEqual([0.8, 0.4]);
    expect(scores([{ label: 'cow', box: BOX, difficult: false }], ['cat'])).toEqual([0.8]);
    expect(scores([], [])).toEqual([0.9, 0.8, 0.4]);
    expect(scores([], ['cow'])).toEqual([]);
  });
});

describe('a box of the keyboard', () => {
  it('is in the middle, has an area, and is missing where an image has no room', () => {
    expect(middleBox({ width: 200, height: 100 }, 0.3)).toEqual({
      x: 70,
      y: 35,
      width: 60,
      height: 30,
    });
    expect(middleBox({ width: 3, height: 2 }, 0.3)).toEqual({ x: 0, y: 0, width: 3, height: 2 });
    expect(middleBox({ width: 1, height: 50 }, 0.3)).toBe(undefined);
  });
});
