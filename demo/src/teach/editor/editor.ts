/** The labels of the open image: boxes, selection, undo and redo. Knows no DOM. */
import type { Box } from '../../../../src/boxes.ts';
import {
  areSameLabels,
  type ImageLabels,
  type LabelBox,
  NO_LABELS,
} from '../../../../src/datasets/labeling/label-boxes.ts';
import { fitInto, type Handle, type Point, pull, type Size } from './geometry.ts';

/** Changes of one kind that follow so fast are one step for undo, in milliseconds. */
const JOINED_MS = 700;

interface Step {
  labels: ImageLabels;
  selected: number | undefined;
}

/** What undo and redo lead to. */
interface History {
  now: Step;
  past: Step[];
  future: Step[];
}

/** Images whose history is kept. */
const MOST_HISTORIES = 50;

export interface EditorListener {
  /** Something to draw has changed. */
  drawn(): void;
  /** Labels have changed and must be stored. */
  edited(labels: ImageLabels): void;
}

export class Editor {
  readonly #listener: EditorListener;
  #size: Size = { width: 0, height: 0 };
  #now: Step = { labels: NO_LABELS, selected: undefined };
  #past: Step[] = [];
  #future: Step[] = [];
  #name = '';
  /** Histories of images that were open before, the latest last. */
  readonly #histories = new Map<string, History>();
  /** Boxes during a gesture; they become a step when it ends. */
  #draft: readonly LabelBox[] | undefined;
  #lastKind = '';
  #lastTime = Number.NEGATIVE_INFINITY;

  constructor(listener: EditorListener) {
    this.#listener = listener;
  }

  get size(): Size {
    return this.#size;
  }

  get labels(): ImageLabels {
    return this.#now.labels;
  }

  /** What to draw: the boxes of a gesture while it lasts. */
  get boxes(): readonly LabelBox[] {
    return this.#draft ?? this.#now.labels.boxes;
  }

  /** Index of the selected box. */
  get selected(): number | undefined {
    return this.#now.selected;
  }

  get selectedBox(): LabelBox | undefined {
    return this.selected === undefined ? undefined : this.boxes[this.selected];
  }

  get canUndo(): boolean {
    return this.#past.length > 0;
  }

  get canRedo(): boolean {
    return this.#future.length > 0;
  }

  /** Opens another image; an image that was open before can be undone as before. */
  load(name: string, labels: ImageLabels, size: Size): void {
    this.#keepHistory();
    const before = this.#histories.get(name);
    // What another page has changed since is not undone.
    const history = before && areSameLabels(before.now.labels, labels) ? before : undefined;
    this.#name = name;
    this.#size = size;
    this.#now = { labels, selected: undefined };
    this.#past = history?.past ?? [];
    this.#future = history?.future ?? [];
    this.#draft = undefined;
    this.#lastKind = '';
    this.#listener.drawn();
  }

  /** Opens no image. */
  clear(): void {
    this.load('', NO_LABELS, { width: 0, height: 0 });
  }

  /** Forgets what undo leads to: its classes are others now. */
  forget(): void {
    this.#histories.clear();
    this.#past = [];
    this.#future = [];
  }

  #keepHistory(): void {
    this.#histories.delete(this.#name);
    if (this.#past.length + this.#future.length === 0) return;
    this.#histories.set(this.#name, { now: this.#now, past: this.#past, future: this.#future });
    const [oldest] = this.#histories.keys();
    if (this.#histories.size > MOST_HISTORIES) this.#histories.delete(oldest);
  }

  /** Takes over labels that another page has changed too; undo still leads to what was here. */
  merge(labels: ImageLabels): void {
    this.#draft = undefined;
    this.#now = { labels, selected: undefined };
    this.#listener.drawn();
  }

  select(index: number | undefined): void {
    const selected = index !== undefined && index < this.boxes.length ? index : undefined;
    if (selected === this.selected) return;
    this.#now = { ...this.#now, selected };
    this.#lastKind = '';
    this.#listener.drawn();
  }

  /** Selects the box at a place, if one is there. */
  selectAt(place: Box): void {
    const isThere = ({ box }: LabelBox) =>
      Math.abs(box.x - place.x) < 1 && Math.abs(box.y - place.y) < 1;
    const index = this.boxes.findIndex(isThere);
    if (index >= 0) this.select(index);
  }

  /** Selects the next box, or the one before: none after the last. */
  cycle(direction: 1 | -1): void {
    const count = this.boxes.length;
    if (count === 0) return;
    const from = this.selected ?? (direction > 0 ? -1 : count);
    this.select((from + direction + count) % count);
  }

  add(label: string, box: Box, difficult = false): void {
    this.addAll([{ label, box, difficult }]);
  }

  /** Adds boxes in one step and selects the last. */
  addAll(boxes: readonly LabelBox[]): void {
    if (boxes.length === 0) return;
    const all = [...this.labels.boxes, ...boxes];
    this.#step('add', all, all.length - 1);
  }

  /** Boxes of another image, as far as this one has room for them and does not have them. */
  paste(boxes: readonly LabelBox[]): void {
    const fitting = boxes.flatMap((one) => {
      const box = fitInto(one.box, this.#size);
      return box ? [{ ...one, box }] : [];
    });
    this.addAll(fitting);
  }

  remove(index = this.selected): void {
    if (index === undefined) return;
    const rest = this.labels.boxes.filter((_, i) => i !== index);
    this.#step('remove', rest, rest.length === 0 ? undefined : Math.min(index, rest.length - 1));
  }

  setLabel(label: string): void {
    this.#change('label', (one) => ({ ...one, label }));
  }

  toggleDifficult(): void {
    this.#change('difficult', (one) => ({ ...one, difficult: !one.difficult }));
  }

  /** Moves the selected box or pulls one of its sides, as arrow keys do. */
  nudge(handle: Handle, by: Point): void {
    const size = this.#size;
    this.#change(`nudge ${handle}`, (one) => ({ ...one, box: pull(one.box, handle, by, size) }));
  }

  setDone(done: boolean): void {
    if (done === this.labels.done) return;
    this.#step('done', this.labels.boxes, this.selected, done);
  }

  /** Shows a box of the selected label while a gesture lasts. */
  drag(index: number, box: Box): void {
    this.#draft = this.labels.boxes.map((one, i) => (i === index ? { ...one, box } : one));
    this.#listener.drawn();
  }

  /** Ends a gesture. @param keep false restores what was before */
  drop(keep: boolean): void {
    const draft = this.#draft;
    this.#draft = undefined;
    if (draft && keep) this.#step('drag', draft, this.selected);
    else this.#listener.drawn();
  }

  undo(): void {
    this.#go(this.#past, this.#future);
  }

  redo(): void {
    this.#go(this.#future, this.#past);
  }

  #change(kind: string, change: (box: LabelBox) => LabelBox): void {
    const { selected } = this;
    if (selected === undefined) return;
    const boxes = this.labels.boxes.map((one, i) => (i === selected ? change(one) : one));
    this.#step(kind, boxes, selected);
  }

  #step(
    kind: string,
    boxes: readonly LabelBox[],
    selected: number | undefined,
    done = this.labels.done,
  ): void {
    const labels = { boxes, done };
    if (areSameLabels(labels, this.labels)) {
      this.#now = { labels: this.labels, selected };
      this.#listener.drawn();
      return;
    }
    const now = performance.now();
    const isJoined =
      kind.startsWith('nudge') && kind === this.#lastKind && now - this.#lastTime < JOINED_MS;
    if (!isJoined) this.#past.push(this.#now);
    this.#future = [];
    this.#lastKind = kind;
    this.#lastTime = now;
    this.#now = { labels, selected };
    this.#listener.drawn();
    this.#listener.edited(labels);
  }

  #go(from: Step[], to: Step[]): void {
    const step = from.pop();
    if (!step) return;
    to.push(this.#now);
    this.#now = step;
    this.#draft = undefined;
    this.#lastKind = '';
    this.#listener.drawn();
    this.#listener.edited(step.labels);
  }
}
