/** The first step: the open image with its boxes and suggestions, between the list and the classes. */
import type { Box, Detection } from '../../../../src/boxes.ts';
import type { ImageLabels, LabelBox } from '../../../../src/datasets/labeling/label-boxes.ts';
import { byId, setText } from '../../dom.ts';
import type { Notice } from '../../notice.ts';
import { Board } from '../editor/board.ts';
import { Editor } from '../editor/editor.ts';
import type { Command, KeyAction } from '../editor/keys.ts';
import type { Suggestion } from '../editor/paint.ts';
import type { ImageEntry } from '../store/annotation-store.ts';
import type { Session } from '../store/session.ts';
import { chooseSuggestions } from '../suggest/choose-suggestions.ts';
import type { Suggester } from '../suggest/suggester.ts';
import { BoxList } from './box-list.ts';
import { ClassList } from './class-list.ts';
import { watchControls } from './controls.ts';

const ZOOM_STEP = 1.5;
/** Share of the image that a box of the keyboard takes at first. */
const FIRST_BOX = 0.3;

interface PanelParts {
  session: Session;
  suggester: Suggester;
  notice: Notice;
  /** Images in the order of the list. */
  order(): readonly ImageEntry[];
  /** Another image is open. */
  opened(): void;
}

export class LabelPanel {
  readonly #parts: PanelParts;
  readonly #editor: Editor;
  readonly #board: Board;
  readonly #classes: ClassList;
  readonly #boxes: BoxList;
  #name: string | undefined;
  /** Image whose labels the editor has: the one before while another is being opened. */
  #edited: string | undefined;
  #opening = new AbortController();
  /** A box that waits for the name of the first class. */
  #unnamed: Box | undefined;
  #detections: readonly Detection[] = [];

  constructor(parts: PanelParts) {
    this.#parts = parts;
    this.#editor = new Editor({
      drawn: () => this.refresh(),
      edited: (labels) => this.#save(labels),
    });
    this.#board = new Board(byId<HTMLCanvasElement>('board'), this.#editor, {
      drawn: (box) => this.#addBox(box),
      accepted: (suggestion) => void this.#accept([suggestion]),
    });
    this.#classes = new ClassList({
      chosen: (name) => this.#choose(name),
      added: (name) => void this.#addClass(name),
    });
    this.#boxes = new BoxList(this.#editor);
    watchControls({
      act: (action) => void this.#act(action),
      toggleDone: () => {
        if (this.#editor.labels.done) this.#editor.setDone(false);
        else void this.#run('done');
      },
      isReady: () => this.#name !== undefined,
      hasSelection: () => this.#editor.selected !== undefined,
    });
  }

  /** Name of the open image. */
  get name(): string | undefined {
    return this.#name;
  }

  /** Opens an image. @param highlight a place to select or to point out */
  async open(name: string, highlight?: Box): Promise<void> {
    this.#opening.abort();
    this.#opening = new AbortController();
    const { signal } = this.#opening;
    this.#name = name;
    this.#detections = [];
    this.#parts.opened();
    try {
      const { session } = this.#parts;
      const file = await session.store.image(name);
      const [bitmap, labels] = await Promise.all([createImageBitmap(file), session.read(name)]);
      if (signal.aborted) {
        bitmap.close();
        return;
      }
      byId('board-stage').dataset['state'] = 'shown';
      this.#board.show(bitmap);
      this.#edited = name;
      this.#editor.load(labels, { width: bitmap.width, height: bitmap.height });
      if (highlight) this.#highlight(highlight);
      byId('board').ariaLabel = name;
      this.#announce(`${name}, ${labels.boxes.length} boxes`);
      await this.#suggest(file, signal);
    } catch (error) {
      if (signal.aborted) return;
      const title = `${name} cannot be opened`;
      this.#parts.notice.show('source', { title, detail: (error as Error).message });
    }
  }

  /** Takes over labels that another page has changed. */
  merge(name: string, labels: ImageLabels): void {
    if (name === this.#edited) this.#editor.merge(labels);
  }

  /** Detects again, for example with another model. */
  async renewSuggestions(): Promise<void> {
    if (this.#name === undefined) return;
    const { signal } = this.#opening;
    await this.#suggest(await this.#parts.session.store.image(this.#name), signal);
  }

  /** Shows what has changed. */
  refresh(): void {
    const { classes, project } = this.#parts.session;
    const { boxes, labels } = this.#editor;
    const detections = labels.done ? [] : this.#detections;
    const suggestions = chooseSuggestions(detections, boxes, classes);
    this.#board.suggestions = suggestions;
    this.#classes.show(classes);
    this.#board.classes = classes;
    this.#board.activeClass = this.#classes.active;
    this.#boxes.show(classes, project.holdsDifficult);
    const enable = (id: string, isOn: boolean) => {
      byId<HTMLButtonElement>(id).disabled = !isOn;
    };
    enable('undo', this.#editor.canUndo);
    enable('redo', this.#editor.canRedo);
    enable('accept', suggestions.length > 0);
    setText(
      byId('accept').lastElementChild!,
      `Accept${suggestions.length ? ` ${suggestions.length}` : ''}`,
    );
    const { done } = labels;
    setText(byId('done'), done ? 'Done ✓' : 'Done, next');
    byId('done').ariaPressed = String(done);
    for (const id of ['done', 'next', 'previous', 'copy']) enable(id, this.#name !== undefined);
    this.#board.draw();
  }

  async #act(action: NonNullable<KeyAction>): Promise<void> {
    if ('command' in action) return this.#run(action.command);
    if ('handle' in action) this.#editor.nudge(action.handle, action.by);
    else {
      const name = this.#parts.session.classes[action.classId];
      if (name !== undefined) this.#choose(name);
    }
  }

  async #run(command: Command): Promise<void> {
    const editor = this.#editor;
    const actions: Readonly<Record<Command, () => unknown>> = {
      new: () => this.#addBox(this.#middleBox()),
      next: () => this.#step(1),
      previous: () => this.#step(-1),
      done: () => this.#finish(),
      remove: () => editor.remove(),
      difficult: () => this.#parts.session.project.holdsDifficult && editor.toggleDifficult(),
      copy: () => this.#copyToNext(),
      undo: () => editor.undo(),
      redo: () => editor.redo(),
      accept: () => this.#accept(this.#board.suggestions.slice(0, 1)),
      acceptAll: () => this.#accept(this.#board.suggestions),
      dismiss: () => this.#dismiss(),
      selectNext: () => editor.cycle(1),
      selectPrevious: () => editor.cycle(-1),
      deselect: () => editor.select(undefined),
      zoomIn: () => this.#board.zoom(ZOOM_STEP),
      zoomOut: () => this.#board.zoom(1 / ZOOM_STEP),
      zoomFit: () => this.#board.fit(),
      help: () => byId('keys').click(),
    };
    await actions[command]();
  }

  #addBox(box: Box): void {
    if (this.#classes.active === '') {
      this.#unnamed = box;
      byId('name-first').hidden = false;
      byId('first-class').focus();
      return;
    }
    this.#editor.add(this.#classes.active, box);
    this.#announce(`${this.#classes.active} added`);
  }

  #middleBox(): Box {
    const { width, height } = this.#editor.size;
    const [boxWidth, boxHeight] = [width, height].map((side) => Math.round(FIRST_BOX * side));
    const x = Math.round((width - boxWidth) / 2);
    const y = Math.round((height - boxHeight) / 2);
    return { x, y, width: boxWidth, height: boxHeight };
  }

  #choose(name: string): void {
    this.#classes.active = name;
    this.#editor.setLabel(name);
    this.refresh();
  }

  async #addClass(name: string): Promise<void> {
    await this.#parts.session.addClass(name);
    this.#classes.active = name;
    byId('name-first').hidden = true;
    if (this.#unnamed) {
      this.#editor.add(name, this.#unnamed);
      byId('board').focus();
    }
    this.#unnamed = undefined;
    this.refresh();
  }

  async #accept(suggestions: readonly Suggestion[]): Promise<void> {
    if (suggestions.length === 0) return;
    for (const { label } of suggestions) await this.#parts.session.addClass(label);
    const boxes = suggestions.map(
      ({ label, box, difficult }): LabelBox => ({ label, box, difficult }),
    );
    this.#editor.addAll(boxes);
    this.#announce(`${boxes.length} suggestions accepted`);
  }

  #dismiss(): void {
    this.#detections = [];
    this.refresh();
  }

  async #step(by: 1 | -1): Promise<void> {
    const order = this.#parts.order();
    const at = order.findIndex(({ name }) => name === this.#name);
    const next = order[at + by];
    if (next) await this.open(next.name);
  }

  async #finish(): Promise<void> {
    this.#editor.setDone(true);
    const order = this.#parts.order();
    const at = order.findIndex(({ name }) => name === this.#name);
    const rest = [...order.slice(at + 1), ...order.slice(0, Math.max(0, at))];
    const next = rest.find(({ state }) => state !== 'done');
    if (next) await this.open(next.name);
    else this.#announce('All images are done');
  }

  async #copyToNext(): Promise<void> {
    const { boxes } = this.#editor.labels;
    const before = this.#name;
    await this.#step(1);
    if (this.#name !== before) this.#editor.paste(boxes);
  }

  #highlight(box: Box): void {
    const index = this.#editor.boxes.findIndex((one) => {
      return Math.abs(one.box.x - box.x) < 1 && Math.abs(one.box.y - box.y) < 1;
    });
    if (index >= 0) this.#editor.select(index);
  }

  #save(labels: ImageLabels): void {
    this.#parts.session.save(this.#edited!, labels).catch(() => {}); // the session reports it
  }

  async #suggest(file: Blob, signal: AbortSignal): Promise<void> {
    try {
      const detections = await this.#parts.suggester.detect(file, signal);
      if (signal.aborted) return;
      this.#detections = detections;
      this.refresh();
    } catch (error) {
      if (!signal.aborted) console.warn(`without suggestions: ${(error as Error).message}`);
    }
  }

  #announce(text: string): void {
    setText(byId('announcement'), text);
  }
}
