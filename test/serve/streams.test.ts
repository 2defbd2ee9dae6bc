/** Streams of events: one run for all listeners, slow clients, lost sources. */
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { RefineDetError } from '../../src/errors.ts';
import type { Runner } from '../../src/runner/runner.ts';
import { handlerOf } from '../../src/serve/handler.ts';
import type { LogEntry, StreamedVideo } from '../../src/serve/index.ts';
import type { HandlerOptions } from '../../src/serve/options.ts';
import type { DecodedFrame } from '../../src/video/video-types.ts';
import { randomModel } from '../../support/models/random-model.ts';
import { eventsOf, type ServerEvent, typesOf } from './events.ts';
import { jsonOf, SERVER } from './requests.ts';

const { config } = randomModel(64);
const FOUND = { label: 'ant', classId: 0, score: 0.9, box: { x: 1, y: 2, width: 3, height: 4 } };

/** A detector that finds an ant in each frame, and something too unsure to be reported. */
function fakeRunner(detect = async () => [FOUND, { ...FOUND, score: 0.05 }]): Runner {
  const detector = { config, classes: config.classes, concurrency: 2, heapBytes: 0, detect };
  return { detector, run: async () => {} } as unknown as Runner;
}

interface Script {
  /** Frames of each opening; the last one repeats. */
  frames: number[];
  live: boolean;
  /** Thrown behind the frames of each opening. */
  failure?: Error;
  pause?: number;
}

/** A video that counts how often it was opened and closed. */
function fakeVideo({ frames, live, failure, pause = 1 }: Script) {
  const state = { opened: 0, closed: 0, read: 0 };
  async function* read(count: number): AsyncGenerator<DecodedFrame> {
    try {
      for (let index = 0; index < count; index++) {
        await delay(pause);
        state.read++;
        const place = { index, time: 40 * index, dropped: 0, arrival: 1000 * state.opened + index };
        yield { data: new Uint8Array(3), width: 1, height: 1, channels: 3, ...place };
      }
      if (failure) throw failure;
    } finally {
      state.closed++;
    }
  }
  const video: StreamedVideo = {
    name: 'rtsp://10.0.0.1/secret',
    info: async () => ({ live }),
    [Symbol.asyncIterator]: () => read(frames[state.opened++] ?? frames.at(-1)!),
  };
  return { video, state };
}

const follow = (video: StreamedVideo, options: HandlerOptions = {}, runner = fakeRunner()) => {
  const handle = handlerOf(runner, { streams: { yard: video }, ...options });
  const listen = (headers = {}) => handle(new Request(`${SERVER}/v1/streams/yard`, { headers }));
  const metrics = async () => (await handle(new Request(`${SERVER}/metrics`))).text();
  return { handle, listen, metrics };
};

async function take(answer: Response, count: number, type?: string): Promise<ServerEvent[]> {
  const events: ServerEvent[] = [];
  for await (const event of eventsOf(answer)) {
    if (event.type === (type ?? event.type) && event.type) events.push(event);
    if (events.length === count) break;
  }
  return events;
}

const until = async (holds: () => boolean) => {
  const end = performance.now() + 5000;
  while (!holds() && performance.now() < end) await delay(2);
  expect(holds()).toBe(true);
};

describe('GET /v1/streams/NAME', () => {
  it('answers an event for each frame of a file, with ids, and its end', async () => {
    const { video } = fakeVideo({ frames: [3], live: false });
    const { listen, metrics } = follow(video);
    const answer = await listen();
    expect(answer.headers.get('content-type')).toBe('text/event-stream');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    const events: ServerEvent[] = [];
    for await (const event of eventsOf(answer)) events.push(event);
    expect(events.map(({ type }) => type)).toEqual([
      undefined,
      ...Array(3).fill('detections'),
      'end',
    ]);
    expect(events[2].data).toEqual({
      ...{ source: 'yard', frame: 1, time: 40, width: 1, height: 1 },
      detections: [{ ...FOUND, trackId: 1 }],
    });
    expect(await metrics()).toContain('refinedet_stream_frames_total{stream="yard"} 3');
    expect(await metrics()).toContain('refinedet_detections_total{label="ant"} 3');
  });

  it('opens the source for the first listener, once for all, and closes it after the last', async () => {
    const { video, state } = fakeVideo({ frames: [1e6], live: true });
    const { handle, listen, metrics } = follow(video);
    await handle(new Request(`${SERVER}/v1/streams/yard`, { method: 'HEAD' }));
    await delay(20);
    expect(state.opened).toBe(0);
    const bodies = [await listen(), await listen()].map(eventsOf);
    for (const body of bodies) {
      for (let i = 0; i < 4; i++) expect((await body.next()).done).toBe(false);
    }
    expect(state.opened).toBe(1);
    expect(await metrics()).toContain('refinedet_stream_listeners{stream="yard"} 2');
    await bodies[0].return(undefined);
    expect((await bodies[1].next()).value).toMatchObject({ type: 'detections' });
    expect(state.closed).toBe(0);
    await bodies[1].return(undefined);
    await until(() => state.closed === 1);
    expect(await metrics()).toContain('refinedet_stream_listeners{stream="yard"} 0');
    expect(await take(await listen(), 2)).toHaveLength(2);
    expect(state.opened).toBe(2);
  });

  it('keeps the newest events for a slow client, and few of them', async () => {
    const { video, state } = fakeVideo({ frames: [300], live: false });
    const { listen } = follow(video);
    const reader = (await listen()).body!.getReader();
    await reader.read();
    await until(() => state.closed === 1);
    await delay(20);
    const chunks: string[] = [];
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      chunks.push(new TextDecoder().decode(value));
    }
    expect(chunks.length).toBeLessThanOrEqual(18);
    expect(chunks.at(-1)).toMatch(/^event: end\n/);
    expect(chunks.at(-2)).toContain('"frame":299,');
  });

  it('opens a lost source again, and says so; numbers and times go on', async () => {
    const failure = new RefineDetError('VIDEO_LOST', 'cannot read rtsp://10.0.0.1/secret: gone');
    const { video, state } = fakeVideo({ frames: [2, 0, 3], live: true, failure });
    const log: LogEntry[] = [];
    const { listen, metrics } = follow(video, { log: (entry) => log.push(entry) });
    const events = await take(await listen(), 6);
    expect(events.map(({ type, data }) => [type, data['frame'] ?? data['retrySeconds']])).toEqual([
      ['detections', 0],
      ['detections', 1],
      ['error', 0.5],
      ['error', 1],
      ['detections', 2],
      ['detections', 3],
    ]);
    expect(events[2].data).toEqual({
      ...{ code: 'VIDEO_LOST', message: 'cannot read yard: gone', retrySeconds: 0.5 },
    });
    // Times of arrival: the third opening began two seconds after the first.
    expect(events.at(-1)!.data['time']).toBe(2001);
    await until(() => state.closed === 3);
    expect(await metrics()).toContain('refinedet_errors_total{code="VIDEO_LOST"} 2');
    expect(log).toContainEqual(
      expect.objectContaining({
        ...{ stream: 'yard', code: 'VIDEO_LOST', retrySeconds: 0.5 },
        error: expect.stringContaining('rtsp://10.0.0.1/secret'),
      }),
    );
  });

  it('opens a camera again that has ended without an error', async () => {
    const { video } = fakeVideo({ frames: [1, 1e6], live: true });
    const { listen } = follow(video);
    const [first, error, second] = await take(await listen(), 3);
    expect([first.type, error.data['code'], second.data['frame']]).toEqual([
      'detections',
      'VIDEO_LOST',
      1,
    ]);
  });

  it('ends with the failure of a file, after its frames', async () => {
    const failure = new RefineDetError('VIDEO_CORRUPT', 'the rest is missing');
    const { video } = fakeVideo({ frames: [2], live: false, failure });
    const types = await typesOf(await follow(video).listen());
    expect(types).toEqual([':', 'detections', 'detections', 'error']);
  });

  it('leaves out frames while the queue is full or a worker is replaced', async () => {
    let calls = 0;
    const codes = ['WORKER_CRASHED', 'OVERLOADED'] as const;
    const runner = fakeRunner(async () => {
      const code = codes[calls++ - 1];
      if (code) throw new RefineDetError(code, 'not now');
      return [FOUND];
    });
    const { video } = fakeVideo({ frames: [5], live: false });
    const { listen, metrics } = follow(video, {}, runner);
    const events = await take(await listen(), 3, 'detections');
    expect(events.map(({ data }) => data['frame'])).toEqual([0, 3, 4]);
    expect(await metrics()).toContain('refinedet_stream_dropped_total{stream="yard"} 2');
  });

  it('shows that the connection lives while there are no frames', async () => {
    const { video } = fakeVideo({ frames: [9], live: true, pause: 400 });
    const answer = await follow(video, { timeout: 50 }).listen();
    const types: (string | undefined)[] = [];
    for await (const { type } of eventsOf(answer)) {
      types.push(type);
      if (type) break;
    }
    expect(types.length).toBeGreaterThan(3);
    expect(types.at(-1)).toBe('detections');
  });

  it('ends its answers when the server stops', async () => {
    const { video, state } = fakeVideo({ frames: [1e6], live: true });
    const stopping = new AbortController();
    const { listen } = follow(video, { signal: stopping.signal });
    const types = typesOf(await listen());
    await until(() => state.read > 3);
    stopping.abort();
    expect((await types).at(-1)).toBe('detections');
    await until(() => state.closed === 1);
    expect((await listen()).status).toBe(503);
  });

  it('wants a token, a known name, and not too many listeners', async () => {
    const { video, state } = fakeVideo({ frames: [1e6], live: true });
    const guarded = follow(video, { tokens: ['secret'] });
    expect((await guarded.listen()).status).toBe(401);
    expect(state.opened).toBe(0);
    const allowed = await guarded.listen({ authorization: 'Bearer secret' });
    expect(await take(allowed, 1)).toHaveLength(1);

    const { handle, listen } = follow(video);
    const unknown = await handle(new Request(`${SERVER}/v1/streams/door`));
    expect(await jsonOf(unknown)).toMatchObject({
      ...{ status: 404, code: 'NOT_FOUND' },
      detail: 'unknown stream "door"; the streams of this server: yard',
    });
    const post = new Request(`${SERVER}/v1/streams/yard`, { method: 'POST' });
    expect((await handle(post)).headers.get('allow')).toBe('GET');
    const readers = await Promise.all(
      Array.from({ length: 100 }, async () => (await listen()).body!.getReader()),
    );
    await Promise.all(readers.map((reader) => reader.read()));
    expect(await jsonOf(await listen())).toMatchObject({ status: 503, code: 'OVERLOADED' });
    await Promise.all(readers.map((reader) => reader.cancel()));
    await until(() => state.closed === state.opened);
  });

  it.each([{ 'a b': [] }, { yard: 'film.mp4' }, 'film.mp4'])('refuses %j as streams', (streams) => {
    expect(() => handlerOf(fakeRunner(), { streams } as never)).toThrow(
      'streams must be videos of openVideo by name',
    );
  });
});
