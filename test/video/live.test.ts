/** Live sources: a real RTSP server, lost connections, and processes that must not outlive us. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { RefineDet } from '../../src/index.ts';
import { randomModel } from '../../support/models/random-model.ts';
import { freePort, hasRtspServer, startCamera } from '../../support/video/camera.ts';
import { ffmpeg, hasFfmpeg, videoFolder } from '../../support/video/ffmpeg.ts';
import { openVideo } from '../../support/video/open.ts';
import { pidsOfFfmpeg } from '../../support/video/processes.ts';
import { cliCommand } from '../cli/helpers.ts';
import { numbered, numberOf, until } from './helpers.ts';

const { at, remove } = videoFolder();
afterAll(remove);
/** /proc lists processes. */
const isLinux = process.platform === 'linux';

const started: ChildProcess[] = [];
const end = async (child: ChildProcess) => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
};
afterEach(async () => {
  await Promise.all(started.map(end));
  started.length = 0;
});

describe.skipIf(!hasRtspServer || !isLinux)('a camera', () => {
  const camera = async (port: number, ...size: number[]) => {
    const child = await startCamera(port, ...size);
    started.push(child);
    return child;
  };

  it('that is lost comes back: detection goes on', { timeout: 120_000 }, async () => {
    const port = await freePort();
    const first = await camera(port);
    const warnings: string[] = [];
    const source = `rtsp://127.0.0.1:${port}/camera`;
    const video = openVideo(source, { stall: 5000, warn: (message) => warnings.push(message) });
    const detector = await RefineDet.load(randomModel(64), { threads: 1 });
    const found: { index: number; time: number }[] = [];
    let restarted: Promise<unknown> | undefined;
    let atLoss = 0;
    for await (const { index, time, detections } of detector.stream(video, { track: true })) {
      found.push({ index, time });
      expect(Array.isArray(detections)).toBe(true);
      if (found.length === 20) {
        atLoss = index;
        await end(first);
        restarted = delay(1500).then(() => camera(port));
      }
      if (warnings.length > 0 && index > atLoss + 40) break;
    }
    await restarted;
    expect(warnings[0]).toMatch(/trying again in 0.5 s/);
    expect(found.map(({ index }) => index)).toEqual(
      found.map(({ index }) => index).sort((a, b) => a - b),
    );
    const times = found.map(({ time }) => time);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    await until(() => pidsOfFfmpeg(source).length === 0);
    detector.dispose();
  });

  it('that does not come back is an error', { timeout: 60_000 }, async () => {
    const port = await freePort();
    const server = await camera(port);
    const warnings: string[] = [];
    const options = { reconnect: 2, warn: (message: string) => warnings.push(message) };
    const reading = (async () => {
      for await (const _ of openVideo(`rtsp://127.0.0.1:${port}/camera`, options))
        await end(server);
    })();
    await expect(reading).rejects.toMatchObject({
      code: 'VIDEO_LOST',
      message: expect.stringMatching(/did not come back in 2 attempts/),
    });
    expect(warnings.map((line) => line.replace(/.*; /, ''))).toEqual([
      'trying again in 0.5 s',
      'trying again in 1 s',
    ]);
  });

  it('gives its newest frame to a slow consumer', { timeout: 60_000 }, async () => {
    const port = await freePort();
    await camera(port);
    let last = { dropped: 0, age: 0 };
    let count = 0;
    for await (const frame of openVideo(`rtsp://127.0.0.1:${port}/camera`, { end: 8000 })) {
      const age = performance.timeOrigin + performance.now() - frame.arrival;
      expect(frame.index).toBe(count + frame.dropped);
      last = { dropped: frame.dropped, age };
      count++;
      await delay(400);
    }
    expect(count).toBeLessThan(25);
    expect(last.dropped).toBeGreaterThan(3 * count);
    expect(last.age).toBeLessThan(500);
  });

  it('that freezes is noticed', { timeout: 60_000 }, async () => {
    const port = await freePort();
    const server = await camera(port);
    const options = { stall: 1500, reconnect: 0 };
    const source = `rtsp://127.0.0.1:${port}/camera`;
    const reading = (async () => {
      for await (const { index } of openVideo(source, options))
        if (index === 5) server.kill('SIGSTOP');
    })();
    await expect(reading).rejects.toMatchObject({
      code: expect.stringMatching(/^VIDEO_(STALLED|LOST)$/),
    });
    await until(() => pidsOfFfmpeg(source).length === 0);
  });

  it.each(['SIGKILL', 'SIGINT'] as const)(
    'is left without ffmpeg after %s of the program',
    { timeout: 120_000 },
    async (signal) => {
      const port = await freePort();
      await camera(port);
      const source = `rtsp://127.0.0.1:${port}/camera`;
      const [program, ...args] = cliCommand(['detect', source, '--threads', '1']);
      const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
      started.push(child);
      let errors = '';
      child.stderr.on('data', (text) => {
        errors += text;
      });
      await once(child.stdout, 'data');
      child.stdout.resume();
      expect(pidsOfFfmpeg(source)).toHaveLength(1);
      child.kill(signal);
      const [code] = await once(child, 'exit');
      await until(() => pidsOfFfmpeg(source).length === 0);
      if (signal === 'SIGKILL') return;
      expect(code).toBe(130);
      expect(errors).toMatch(/refinedet: interrupted after \d+ frames? \[ABORTED\]/);
    },
  );

  it('is opened again when ffmpeg is killed', { timeout: 60_000 }, async () => {
    const port = await freePort();
    await camera(port);
    const source = `rtsp://127.0.0.1:${port}/camera`;
    const warnings: string[] = [];
    let atKill = Number.POSITIVE_INFINITY;
    for await (const { index } of openVideo(source, { warn: (line) => warnings.push(line) })) {
      if (index > atKill + 10) break;
      if (index > 5 && atKill === Number.POSITIVE_INFINITY) {
        atKill = index;
        process.kill(pidsOfFfmpeg(source)[0], 'SIGKILL');
      }
    }
    expect(warnings[0]).toMatch(/ffmpeg was killed or crashed; trying again/);
  });

  it('that freezes does not keep ffmpeg after SIGKILL of the program', {
    timeout: 60_000,
  }, async () => {
    const port = await freePort();
    const server = await camera(port);
    const source = `rtsp://127.0.0.1:${port}/camera`;
    const [program, ...args] = cliCommand(['detect', source, '--threads', '1', '--stall', '3s']);
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    started.push(child);
    await once(child.stdout, 'data');
    child.stdout.resume();
    server.kill('SIGSTOP');
    await delay(500);
    child.kill('SIGKILL');
    await until(() => pidsOfFfmpeg(source).length === 0);
  });

  it('is left without ffmpeg when the loop throws', { timeout: 60_000 }, async () => {
    const port = await freePort();
    await camera(port);
    const source = `rtsp://127.0.0.1:${port}/camera`;
    const reading = (async () => {
      for await (const { index } of openVideo(source)) if (index > 3) throw new Error('stop');
    })();
    await expect(reading).rejects.toThrow('stop');
    await until(() => pidsOfFfmpeg(source).length === 0);
  });
});

describe.skipIf(!hasFfmpeg)('a stream over HTTP', () => {
  beforeAll(() => {
    ffmpeg(...numbered(30), '-c:v', 'libx264', '-pix_fmt', 'yuv420p', at('film.mp4'));
    ffmpeg('-i', at('film.mp4'), '-c:v', 'mjpeg', '-q:v', '2', '-f', 'mpjpeg', at('film.mpjpeg'));
    const hls = ['-c', 'copy', '-hls_list_size', '0', '-f', 'hls', at('film.m3u8')];
    ffmpeg('-i', at('film.mp4'), ...hls);
  });

  /** Serves the folder; `delay` is the time between the parts of MJPEG. */
  const serve = async (pause = 0) => {
    const { readFileSync } = await import('node:fs');
    const server = createServer(async (request, response) => {
      const bytes = readFileSync(at(request.url!.slice(1)));
      if (!request.url!.endsWith('.mpjpeg')) {
        response.setHeader('content-length', bytes.length);
        response.end(bytes);
        return;
      }
      response.setHeader('content-type', 'multipart/x-mixed-replace;boundary=ffmpeg');
      const parts = bytes.toString('latin1').split(/(?=--ffmpeg)/);
      for (const part of parts) {
        response.write(Buffer.from(part, 'latin1'));
        await delay(pause);
      }
      response.end();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
  };

  it.each(['film.mp4', 'film.m3u8'])('of %s is read whole', async (name) => {
    const { server, url } = await serve();
    const video = openVideo(`${url}/${name}`);
    expect(await video.info()).toMatchObject({ live: false, frameRate: 10 });
    const numbers: number[] = [];
    for await (const frame of video) numbers.push(numberOf(frame));
    expect(numbers).toEqual(Array.from({ length: 30 }, (_, i) => i));
    server.close();
  });

  it('that is lost ends at its time', { timeout: 60_000 }, async () => {
    const { server, url } = await serve(20);
    const warnings: string[] = [];
    const options = { end: 3000, warn: (line: string) => warnings.push(line) };
    const times: number[] = [];
    for await (const { time } of openVideo(`${url}/film.mpjpeg`, options)) {
      times.push(time);
      server.close(); // no new connections
    }
    expect(times.at(-1)).toBeLessThan(3000);
    expect(warnings[0]).toMatch(/trying again/);
  });

  it('of MJPEG is live, and ends when reconnecting is off', async () => {
    const { server, url } = await serve(40);
    const video = openVideo(`${url}/film.mpjpeg`, { reconnect: 0 });
    expect(await video.info()).toMatchObject({ live: true });
    const numbers: number[] = [];
    for await (const frame of video) numbers.push(numberOf(frame));
    expect(numbers.length).toBeGreaterThan(10);
    expect(numbers.at(-1)).toBe(29);
    server.closeAllConnections();
    server.close();
  });
});
