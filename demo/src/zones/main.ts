/** Connects the parts of the page that draws lines and zones. */
import { byId, setText } from '../dom.ts';
import { Notice } from '../notice.ts';
import { saveFile } from '../save.ts';
import { Drawing } from './drawing.ts';
import { Editor } from './editor.ts';
import { Frame } from './frame.ts';
import { Panel } from './panel.ts';
import { readPlan, type Shape, writePlan } from './plan.ts';
import { Pointer } from './pointer.ts';

const notice = new Notice();
const editor = new Editor(refresh);
const drawing = new Drawing(editor);
const pointer = new Pointer(drawing, editor, refresh);
const panel = new Panel(editor);
const frame = new Frame({
  shown() {
    notice.clear('source');
    pointer.take(undefined);
  },
  refused: (message) => notice.show('source', message),
  openedZones: (file) => void openZones(file),
});

const BUTTONS = {
  line: byId<HTMLButtonElement>('draw-line'),
  zone: byId<HTMLButtonElement>('draw-zone'),
};

function refresh(): void {
  const { tool, draft } = pointer;
  for (const [kind, button] of Object.entries(BUTTONS)) {
    button.disabled = !frame.isShown;
    button.ariaPressed = String(tool === kind);
  }
  drawing.size = frame.size;
  drawing.element.classList.toggle('drawing', tool !== undefined);
  drawing.show(draft);
  panel.show();
  const guide = tool && guideTo(tool, draft.length);
  byId('guide').hidden = !guide;
  setText(byId('guide'), guide ?? '');
}

function guideTo(tool: Shape['kind'], points: number): string {
  if (tool === 'line') return points === 0 ? 'Drag a line, or click its two ends' : 'Now its end';
  if (points < 4) return 'Click the corners of the zone, one after the other';
  return 'Click the first corner again, or press Enter, to close the zone';
}

async function openZones(file: File): Promise<void> {
  try {
    editor.load(readPlan(await file.text(), frame.size));
    notice.clear('zones');
  } catch (error) {
    const { message } = error as Error;
    notice.show('zones', { title: `${file.name} is not a zones file`, detail: message });
  }
}

for (const [kind, button] of Object.entries(BUTTONS) as [Shape['kind'], HTMLButtonElement][]) {
  button.addEventListener('click', ({ detail }) => {
    // Enter and Space click without a pointer.
    if (detail === 0) pointer.addInMiddle(kind);
    else pointer.take(pointer.tool === kind ? undefined : kind);
  });
}
const zonesFile = byId<HTMLInputElement>('zones-file');
zonesFile.addEventListener('change', () => {
  const [file] = zonesFile.files ?? [];
  if (file) void openZones(file);
  zonesFile.value = ''; // allows choosing the same file again
});
byId('save').addEventListener('click', () => {
  try {
    const text = writePlan(editor.plan, frame.size);
    saveFile(new Blob([text], { type: 'application/json' }), 'zones.json');
    notice.clear('zones');
  } catch (error) {
    const { message } = error as Error;
    notice.show('zones', { title: 'The file would not be valid', detail: message });
  }
});
new ResizeObserver(refresh).observe(drawing.element);
refresh();
