/** Connects the parts of the page: one source, one detector, and the results. */
import type { StageTimings } from 'refinedet';
import type { WorkerDetector } from 'refinedet/worker';
import { byId } from './dom.ts';
import { Engine } from './engine.ts';
import { Filter } from './filter.ts';
import { Results } from './results.ts';
import { type Frame, saveImage, saveJson } from './save.ts';
import { firstSample, type Source, watchSources } from './source.ts';
import { Speed } from './speed.ts';
import { Stage } from './stage.ts';

/** Lowest score of detections in an image: the slider can then show more without a new detection. */
const FLOOR = 0.05;
/** Number of video frames that can be saved, the newest ones: some minutes. */
const MOST_FRAMES = 5000;

const stage = new Stage();
const speed = new Speed();
const results = new Results((one) => stage.highlight(one));
const filter = new Filter(refresh, () => isVideo() && run());
const engine = new Engine(start, fail);

let source: Source | undefined;
let detector: Promise<WorkerDetector> = engine.load();
let running = new AbortController();
let frames: Frame[] = [];

/** Loads a detector with the current settings. */
function start(): void {
  detector = engine.load();
  void run();
}

/** Shows another source. */
async function show(next: Source): Promise<void> {
  running.abort();
  source = next;
  byId('camera').ariaPressed = String(next.kind === 'camera');
  try {
    await stage.show(next);
  } catch (cause) {
    if (source !== next) return; // the user has chosen another source
    stage.clear();
    return fail(new Error(`${next.name} cannot be shown: ${(cause as Error).message}`, { cause }));
  }
  if (source === next) await run();
}

function stop(): void {
  running.abort();
  source = undefined;
  frames = [];
  byId('camera').ariaPressed = 'false';
  stage.clear();
  speed.start(false);
  refresh();
}

/** Detects in the current source until something changes. */
async function run(): Promise<void> {
  running.abort();
  running = new AbortController();
  const { signal } = running;
  frames = [];
  refresh();
  try {
    const ready = await detector;
    if (signal.aborted) return;
    filter.offer(ready.classes);
    if (!source) return;
    speed.start(isVideo());
    if (isVideo()) await follow(ready, signal);
    else await detectOnce(ready, signal);
    // A camera ends when it is unplugged.
    if (source.kind === 'camera' && !signal.aborted) stop();
  } catch (error) {
    if (!signal.aborted) fail(error);
  }
}

async function detectOnce(ready: WorkerDetector, signal: AbortSignal): Promise<void> {
  if (!source || !('file' in source)) return;
  const options = { scoreThreshold: FLOOR, signal, onTimings };
  frames = [{ time: 0, found: await ready.detect(source.file, options) }];
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
    ? await (await detector).detect(canvas, { scoreThreshold: filter.threshold })
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
  results.show(found, isVideo());
  for (const id of ['save-json', 'save-png']) byId<HTMLButtonElement>(id).disabled = !newest;
}

function isVideo(): boolean {
  return source !== undefined && source.kind !== 'image';
}

function fail(error: unknown): void {
  const problem = byId('problem');
  problem.firstElementChild!.textContent = (error as Error).message;
  problem.hidden = false;
}

byId('problem')
  .querySelector('button')!
  .addEventListener('click', () => {
    byId('problem').hidden = true;
  });
byId('save-json').addEventListener('click', () => {
  const filtered = frames.map(({ time, found }) => ({ time, found: filter.apply(found) }));
  saveJson({ file: source!.name, ...stage.size, frames: filtered, isVideo: isVideo() });
});
byId('save-png').addEventListener('click', () => save().catch(fail));
watchSources({
  show,
  stop,
  fail,
  useModel(file) {
    engine.useModel(file);
    start();
  },
});
detector.catch(fail);
firstSample().then((sample) => {
  if (!source) void show(sample);
}, fail);
