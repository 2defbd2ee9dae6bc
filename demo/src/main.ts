/** Connects the parts of the page: one source, one detector, and the results. */
import type { StageTimings } from 'refinedet';
import type { WorkerDetector } from 'refinedet/worker';
import { showCamera } from './camera.ts';
import { byId } from './dom.ts';
import { Engine } from './engine/engine.ts';
import { explainFile } from './explain.ts';
import { Filter } from './filter.ts';
import { Notice } from './notice.ts';
import { Results, type Waiting } from './results.ts';
import { type Frame, saveImage, saveJson } from './save.ts';
import { firstSample, type Source, watchSources } from './source.ts';
import { Speed } from './speed.ts';
import { Stage } from './stage.ts';

/** Lowest score of detections in an image: the slider can then show more without a new detection. */
const FLOOR = 0.05;
/** Number of video frames that can be saved, the newest ones: some minutes. */
const MOST_FRAMES = 5000;

const notice = new Notice();
const stage = new Stage();
const speed = new Speed();
const results = new Results(
  (one) => stage.highlight(one),
  () => filter.admit(frames.at(-1)?.found ?? []),
);
const filter = new Filter(refresh, () => isVideo() && run());
const engine = new Engine(notice, () => void run());

let source: Source | undefined;
let isReadable = true;
let running = new AbortController();
let frames: Frame[] = [];

/** Shows another source. */
async function show(next: Source): Promise<void> {
  running.abort();
  source = next;
  isReadable = true;
  frames = [];
  showCamera(next.kind === 'camera');
  notice.clear('source');
  notice.clear('save');
  try {
    await stage.show(next);
  } catch (error) {
    if (source === next) refuse(next, error); // else the user has chosen another source
    return;
  }
  if (source === next) await run();
}

function stop(): void {
  running.abort();
  source = undefined;
  frames = [];
  showCamera(false);
  stage.clear();
  speed.start(false);
  refresh();
}

/** Shows why the source cannot be shown, in place of it. */
function refuse({ name }: Source, error: unknown): void {
  isReadable = false;
  showCamera(false);
  speed.start(false);
  stage.refuse(explainFile(name, error));
  refresh();
}

/** Detects in the current source until something changes. */
async function run(): Promise<void> {
  running.abort();
  running = new AbortController();
  const { signal } = running;
  const ready = engine.current;
  frames = [];
  refresh();
  if (!ready) return;
  filter.offer(ready.classes);
  if (!source || !isReadable) return;
  speed.start(isVideo());
  const detected = source;
  try {
    if (isVideo()) await follow(ready, signal);
    else await detectOnce(ready, signal);
    // A camera ends when it is unplugged.
    if (detected.kind === 'camera' && !signal.aborted) stop();
  } catch (error) {
    if (!signal.aborted) refuse(detected, error);
  }
}

async function detectOnce(ready: WorkerDetector, signal: AbortSignal): Promise<void> {
  if (!source || !('file' in source)) return;
  const options = { scoreThreshold: FLOOR, signal, onTimings };
  frames = [{ time: 0, found: await ready.detect(stage.input(source.file), options) }];
  update(ready);
}

async function follow(ready: WorkerDetector, signal: AbortSignal): Promise<void> {
  const options = { scoreThreshold: filter.threshold, track: true, signal, onTimings };
  for await (const { detections, time, dropped } of ready.stream(stage.video, options)) {
    frames.push({ time, found: detections });
    if (frames.length > MOST_FRAMES) frames.shift();
    speed.frame(dropped);
    update(ready);
  }
}

/** Detects once more in this frame: the video has moved on since its last result. */
async function save(): Promise<void> {
  const { name } = source!;
  const canvas = stage.snapshot();
  const found = isVideo()
    ? await engine.current!.detect(canvas, { scoreThreshold: filter.threshold })
    : frames[0].found;
  await saveImage(name, canvas, filter.apply(found));
}

function onTimings(timings: StageTimings): void {
  speed.measured(timings);
}

function update(ready: WorkerDetector): void {
  engine.describe(ready);
  speed.memory(ready.heapBytes);
  refresh();
}

/** Shows the latest results through the filter. */
function refresh(): void {
  const newest = frames.at(-1);
  const found = filter.apply(newest?.found ?? []);
  stage.draw(found);
  if (newest) results.show(found, newest.found.length - found.length, isVideo());
  else results.wait(reasonToWait());
  for (const id of ['save-json', 'save-png']) byId<HTMLButtonElement>(id).disabled = !newest;
}

function reasonToWait(): Waiting {
  if (!isReadable) return 'unreadable';
  if (!engine.current) return engine.isLoading ? 'loading' : 'no-model';
  return source ? 'detecting' : 'no-source';
}

function isVideo(): boolean {
  return source !== undefined && source.kind !== 'image';
}

byId('save-json').addEventListener('click', () => {
  const filtered = frames.map(({ time, found }) => ({ time, found: filter.apply(found) }));
  saveJson({ file: source!.name, ...stage.size, frames: filtered, isVideo: isVideo() });
});
byId('save-png').addEventListener('click', () => {
  save().catch(({ message }: Error) =>
    notice.show('save', { title: 'The image cannot be saved', detail: message }),
  );
});
watchSources({
  show,
  stop,
  refuse: (message) => notice.show('source', message),
  useModel: (file) => engine.useModel(file),
});
void engine.load();
refresh();
firstSample().then(
  (sample) => {
    if (!source) void show(sample);
  },
  ({ message }: Error) =>
    notice.show('source', { title: 'The sample is missing', detail: message }),
);
