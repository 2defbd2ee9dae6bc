/** The first step: the open image with its boxes and suggestions, between the list and the classes. */
import type { Box } from '../../../../src/boxes.ts';
import type { ImageLabels, LabelBox } from '../../../../src/datasets/labeling/label-boxes.ts';
import { byId, setText } from '../../dom.ts';
import type { Notice } from '../../notice.ts';
import { Board } from '../editor/board.ts';
import { Editor } from '../editor/editor.ts';
import { middleBox } from '../editor/geometry.ts';
import type { Command, KeyAction } from '../editor/keys.ts';
import type { Suggestion } from '../editor/paint.ts';
import type { ImageEntry } from '../store/annotation-store.ts';
import type { Session } from '../store/session.ts';
import { Offers } from '../suggest/offers.ts';
import type { Suggester } from '../suggest/suggester.ts';
import { BoxList } from './box-list.ts';
import { ClassDialog } from './class-dialog.ts';
import { ClassList } from './class-list.ts';
import { showTools, watchControls } from './controls.ts';

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
  readonly #offers: Offers;

  constructor(parts: PanelParts) {
    this.#parts = parts;
    this.#offers = new Offers(parts.suggester, () => this.refresh());
    this.#editor = new Editor({
      drawn: () => this.refresh(),
      edited: (labels) => this.#save(labels),
    });
    this.#board = new Board(byId<HTMLCanvasElement>('board'), this.#editor, {
      drawn: (box) => this.#addBox(box),
      accepted: (suggestion) => void this.#accept([suggestion]),
    });
    const dialog = new ClassDialog(parts.session, (to) => void this.#reopen(to));
    this.#classes = new ClassList({
      chosen: (name) => this.#choose(name),
      added: (name) => void this.#addClass(name),
      changing: (name) => void dialog.open(name),
    });
    this.#boxes = new BoxList(this.#editor);
    watchControls({
      act: (action) => void this.#act(action),
      toggleDone: () => {
        if (this.#editor.labels.done) this.#editor.setDone(false);
        else void this.#run('done');
      },
      isReady: () => this.#name !== undefined,
      cancel: () => this.#forgetUnnamed(),
      hasSelection: () => this.#editor.selected !== undefined,
    });
  }

  /** Name of the open image. */
  get name(): string | undefined {
    return this.#name;
  }

  /**
   * Opens an image.
   * @param highlight a place to select or to point out
   * @returns whether it is open: another one may have been opened meanwhile
   */
  async open(name: string, highlight?: Box): Promise<boolean> {
    this.#opening.abort();
    this.#forgetUnnamed();
    this.#opening = new AbortController();
    const { signal } = this.#opening;
    this.#name = name;
    this.#offers.clear();
    this.#parts.opened();
    try {
      const { session } = this.#parts;
      const file = await session.store.image(name);
      const [bitmap, labels] = await Promise.all([createImageBitmap(file), session.read(name)]);
      if (signal.aborted) {
        bitmap.close();
        return false;
      }
      byId('board-stage').dataset['state'] = 'shown';
      this.#board.show(bitmap);
      this.#edited = name;
      this.#editor.load(name, labels, { width: bitmap.width, height: bitmap.height });
      if (highlight) this.#editor.selectAt(highlight);
      byId('board').ariaLabel = name;
      this.#announce(`${name}, ${labels.boxes.length} boxes`);
      void this.#offers.find(file, signal);
      return true;
    } catch (error) {
      if (signal.aborted) return false;
      this.close();
      this.#name = name;
      this.#parts.notice.show('source', {
        title: `${name} cannot be opened`,
        detail: (error as Error).message,
      });
      return false;
    }
  }

  /** Shows no image. */
  close(): void {
    this.#opening.abort();
    this.#forgetUnnamed();
    this.#name = undefined;
    this.#edited = undefined;
    this.#offers.clear();
    byId('board-stage').dataset['state'] = 'empty';
    this.#board.show(undefined);
    this.#editor.clear();
    byId('board').ariaLabel = 'No image';
    this.#parts.opened();
  }

  /** Opens the image again after a class has been replaced. */
  async #reopen(to: string | undefined): Promise<void> {
    this.#editor.forget();
    if (to !== undefined) this.#classes.active = to;
    if (this.#name !== undefined) await this.open(this.#name);
    else this.refresh();
  }

  /** Takes over labels that another page has changed. */
  merge(name: string, labels: ImageLabels): void {
    if (name === this.#edited) this.#editor.merge(labels);
  }

  /** Detects again, for example with another model. */
  async renewSuggestions(): Promise<void> {
    if (this.#name === undefined) return;
    const { signal } = this.#opening;
    await this.#offers.find(await this.#parts.session.store.image(this.#name), signal);
  }

  /** Shows what has changed. */
  refresh(): void {
    const { classes, project } = this.#parts.session;
    const { boxes, labels } = this.#editor;
    const suggestions = labels.done ? [] : this.#offers.choose(boxes, classes);
    this.#board.suggestions = suggestions;
    this.#classes.show(classes);
    this.#board.classes = classes;
    this.#board.activeClass = this.#classes.active;
    this.#boxes.show(classes, project.holdsDifficult);
    showTools(this.#editor, suggestions.length, this.#name !== undefined);
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
      new: () => this.#addBox(middleBox(editor.size, FIRST_BOX)),
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
      dismiss: () => this.#offers.clear(),
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

  #addBox(box: Box | undefined): void {
    if (this.#edited === undefined || !box) return;
    if (this.#classes.active === '') {
      this.#unnamed = box;
      byId('name-first').hidden = false;
      byId('first-class').focus();
      return;
    }
    this.#editor.add(this.#classes.active, box);
    this.#announce(`${this.#classes.active} added`);
  }

  /** Drops the box that waits for a class. */
  #forgetUnnamed(): void {
    this.#unnamed = undefined;
    byId('name-first').hidden = true;
  }

  #choose(name: string): void {
    this.#classes.active = name;
    this.#editor.setLabel(name);
    this.refresh();
  }

  async #addClass(name: string): Promise<void> {
    this.#classes.active = name;
    await this.#storeClass(name);
    if (this.#unnamed) {
      this.#editor.add(name, this.#unnamed);
      byId('board').focus();
    }
    this.#forgetUnnamed();
    this.refresh();
  }

  async #accept(suggestions: readonly Suggestion[]): Promise<void> {
    if (suggestions.length === 0) return;
    const { signal } = this.#opening;
    for (const { label } of suggestions) await this.#storeClass(label);
    if (signal.aborted) return; // another image is open
    const boxes = suggestions.map(
      ({ label, box, difficult }): LabelBox => ({ label, box, difficult }),
    );
    this.#editor.addAll(boxes);
    this.#announce(`${boxes.length} suggestions accepted`);
  }

  /** @returns whether another image is open now */
  async #step(by: 1 | -1): Promise<boolean> {
    const order = this.#parts.order();
    const at = order.findIndex(({ name }) => name === this.#name);
    const next = order[at + by];
    return next ? this.open(next.name) : false;
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
    if (await this.#step(1)) this.#editor.paste(boxes);
  }

  #save(labels: ImageLabels): void {
    if (this.#edited === undefined) return;
    this.#parts.session.save(this.#edited, labels).catch(() => {}); // the session reports it
  }

  async #storeClass(name: string): Promise<void> {
    try {
      await this.#parts.session.addClass(name);
    } catch (error) {
      // Boxes bring their class along when they are stored.
      const detail = (error as Error).message;
      this.#parts.notice.show('save', { title: `${name} is not saved`, detail });
    }
  }

  #announce(text: string): void {
    setText(byId('announcement'), text);
  }
}
