/** Streams of a real server: a video file, and a camera that is lost. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Runner } from '../../src/runner/runner.ts';
import { handlerOf } from '../../src/serve/handler.ts';
import type { StreamedVideo } from '../../src/serve/index.ts';
import { closeServer, nodeServer } from '../../src/serve/node-server.ts';
import { freePort, hasRtspServer, startCamera } from '../../support/video/camera.ts';
import { ffmpeg, hasFfmpeg, videoFolder } from '../../support/video/ffmpeg.ts';
import { openVideo } from '../../support/video/open.ts';
import { pidsOfFfmpeg } from '../../support/video/processes.ts';
import { numbered, until } from '../video/helpers.ts';
import { eventsOf, type ServerEvent } from './events.ts';
import { randomRunner } from './requests.ts';

const { at, remove } = videoFolder();
let runner: Runner;
let server: Server | undefined;
const cameras: ChildProcess[] = [];
beforeAll(async () => {
  runner = await randomRunner();
});
afterEach(async () => {
  if (server) await closeServer(server, 100);
  server = undefined;
  for (const camera of cameras.splice(0)) camera.kill('SIGKILL');
});
afterAll(async () => {
  remove();
  await runner.detector.dispose();
});

/** Follows a stream of a server that listens. */
async function follow(video: StreamedVideo): Promise<{ url: string; answer: Response }> {
  const handle = handlerOf(runner, { streams: { yard: video } });
  server = nodeServer(handle, { requestTimeout: 30_000 }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, answer: await fetch(`${url}/v1/streams/yard`) };
}

describe.skipIf(!hasFfmpeg)('a stream of a file', () => {
  it('has its frames at their times, as /openapi.json describes them', async () => {
    ffmpeg(...numbered(12), '-c:v', 'libx264', '-pix_fmt', 'yuv420p', at('film.mp4'));
    const { url, answer } = await follow(openVideo(at('film.mp4'), { reconnect: 0 }));
    const frames: ServerEvent['data'][] = [];
    let last: string | undefined;
    for await (const { type, data } of eventsOf(answer)) {
      last = type;
      if (type === 'detections') frames.push(data);
    }
    expect(last).toBe('end');
    // A file is faster than a client may be; the newest frames are there.
    expect(frames.at(-1)).toMatchObject({ source: 'yard', frame: 11, time: 1100, width: 128 });
    const { components } = (await (await fetch(`${url}/openapi.json`)).json()) as {
      components: object;
    };
    const validator = new Ajv2020({ strict: false });
    validator.addSchema({ $id: 'api', components });
    for (const frame of frames) {
      expect(frame['time']).toBe(100 * Number(frame['frame']));
      expect(validator.validate({ $ref: 'api#/components/schemas/StreamFrame' }, frame)).toBe(true);
    }
    await until(() => pidsOfFfmpeg('film.mp4').length === 0);
  });
});

describe.skipIf(!hasRtspServer || process.platform !== 'linux')('a stream of a camera', () => {
  it('goes on after the camera was lost, and ends ffmpeg with the last listener', {
    timeout: 120_000,
  }, async () => {
    const port = await freePort();
    cameras.push(await startCamera(port));
    const source = `rtsp://127.0.0.1:${port}/camera`;
    const { url, answer } = await follow(openVideo(source, { reconnect: 0, stall: 5000 }));
    const errors: ServerEvent['data'][] = [];
    const numbers: number[] = [];
    let atLoss = 0;
    for await (const { type, data } of eventsOf(answer)) {
      if (type === 'error') errors.push(data);
      if (type !== 'detections') continue;
      numbers.push(Number(data['frame']));
      if (numbers.length === 10) {
        cameras.pop()!.kill('SIGKILL');
        void delay(1000).then(async () => cameras.push(await startCamera(port)));
      }
      if (errors.length === 0) atLoss = numbers.length;
      if (numbers.length > atLoss + 10 && errors.length > 0) break;
    }
    expect(errors[0]).toMatchObject({
      code: expect.stringMatching(/^VIDEO_(LOST|STALLED)$/),
      retrySeconds: 0.5,
    });
    expect(JSON.stringify(errors)).not.toContain('127.0.0.1');
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
    await until(() => pidsOfFfmpeg(source).length === 0);
    const metrics = await (await fetch(`${url}/metrics`)).text();
    expect(metrics).toContain('refinedet_stream_listeners{stream="yard"} 0');
  });
});
