/** Frames of files: each with its number, its exact time and its pixels. */

import { execFileSync } from 'node:child_process';
import { getEventListeners } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RefineDet } from '../../src/index.ts';
import { randomModel } from '../../support/models/random-model.ts';
import { ffmpeg, hasFfmpeg, videoFolder } from '../../support/video/ffmpeg.ts';
import { openVideo } from '../../support/video/open.ts';
import { framesOf, numbered, numberOf, SIZE } from './helpers.ts';

const COUNT = 40;
const { at, remove } = videoFolder();
afterAll(remove);

/** Milliseconds of a video of variable frame rate. */
const uneven = (n: number) => 7 * n * n + 33 * n;

describe.skipIf(!hasFfmpeg)('frames of a file', () => {
  beforeAll(() => {
    const h264 = ['-c:v', 'libx264', '-bf', '3', '-g', '12', '-pix_fmt', 'yuv420p'];
    ffmpeg(...numbered(COUNT), ...h264, at('even.mp4'));
    const times = `setpts='(7*N*N+33*N)/(1000*TB)'`;
    const rates = ['-fps_mode', 'passthrough', '-enc_time_base', '1:1000'];
    const vfr = ['-vf', `settb=1/1000,${times}`, ...rates, ...h264];
    ffmpeg(...numbered(COUNT), ...vfr, '-video_track_timescale', '1000', at('uneven.mp4'));
    ffmpeg(...numbered(COUNT), ...vfr, at('uneven.mkv'));
  });

  it.each([
    ['mp4', []],
    ['mkv', []],
    ['ts', []],
    // AVI has no times for frames that are reordered.
    ['avi', ['-c:v', 'mpeg4', '-q:v', '2']],
  ])('of %s have the numbers that they show', async (extension, more) => {
    const file = at(`copy.${extension}`);
    ffmpeg('-i', at('even.mp4'), '-c', 'copy', ...more, file);
    const frames = await framesOf(file);
    expect(frames.map(numberOf)).toEqual(frames.map(({ index }) => index));
    expect(frames.map(({ index }) => index)).toEqual(Array.from({ length: COUNT }, (_, i) => i));
    for (const { index, time } of frames) expect(time).toBeCloseTo(100 * index, 6);
    expect(frames[0]).toMatchObject({ ...SIZE, channels: 3, dropped: 0 });
  });

  it.each(['uneven.mp4', 'uneven.mkv'])('of %s have their exact times', async (file) => {
    const frames = await framesOf(at(file));
    expect(frames.map(numberOf)).toEqual(Array.from({ length: COUNT }, (_, i) => i));
    for (const { index, time } of frames) expect(time).toBeCloseTo(uneven(index), 6);
  });

  it.each([
    [{ every: 7 }, [0, 7, 14, 21, 28, 35]],
    [{ fps: 2 }, [0, 5, 10, 15, 20, 25, 30, 35]],
    [{ fps: 3, end: 2000 }, [0, 4, 7, 10, 14, 17]],
    [{ fps: 1000, start: 3700 }, [37, 38, 39]],
    [{ start: 1200, end: 1500 }, [12, 13, 14]],
    [{ start: 1150, end: 1450 }, [12, 13, 14]],
    [{ start: 2000, every: 6 }, [20, 26, 32, 38]],
    [{ start: 100_000 }, []],
  ])('with %j are the right ones', async (options, expected) => {
    const frames = await framesOf(at('even.mp4'), options);
    expect(frames.map(numberOf)).toEqual(expected);
    expect(frames.map(({ index }) => index)).toEqual(expected);
    for (const { index, time } of frames) expect(time).toBeCloseTo(100 * index, 6);
  });

  it.each(['uneven.mp4', 'uneven.mkv'])('of %s start at a time', async (file) => {
    const frames = await framesOf(at(file), { start: uneven(20) - 1, every: 2 });
    expect(frames.map(numberOf)).toEqual([20, 22, 24, 26, 28, 30, 32, 34, 36, 38]);
    for (const { index, time } of frames) expect(time).toBeCloseTo(uneven(index), 6);
    expect(frames[0].index).toBe(20);
  });

  it.each([
    // The frames before a key frame are stored behind it.
    ['mp4', ['-c:v', 'libx264', '-bf', '3', '-g', '10', '-x264-params', 'open-gop=1']],
    // No index: ffmpeg begins at a later key frame, with wrong times, or not at all.
    ['mpg', ['-c:v', 'mpeg2video', '-r', '25', '-bf', '2', '-q:v', '2']],
    ['ts', ['-c:v', 'libx264', '-bf', '2', '-g', '250']],
    ['h264', ['-c:v', 'libx264', '-bf', '0']],
    ['avi', ['-c:v', 'mpeg4', '-bf', '2', '-q:v', '2']],
  ])('of %s that start at a time are those of the whole file', async (extension, args) => {
    const file = at(`start.${extension}`);
    ffmpeg(...numbered(COUNT), ...args, '-pix_fmt', 'yuv420p', file);
    const whole = await framesOf(file);
    expect(whole.length).toBeGreaterThanOrEqual(COUNT);
    for (const n of [9, 19, 26]) {
      const { time: start } = whole[n];
      const [first] = await framesOf(file, { start, end: start + 1 });
      expect([first.index, first.time]).toEqual([n, start]);
      expect(numberOf(first)).toBe(numberOf(whole[n]));
    }
  });

  it('give the detections of the images that they were made of', async () => {
    ffmpeg(...numbered(4), '-vf', 'format=rgb24', at('image-%02d.png'));
    const lossless = ['-c:v', 'libx264rgb', '-qp', '0', at('images.mp4')];
    ffmpeg('-framerate', '10', '-i', at('image-%02d.png'), ...lossless);
    const detector = await RefineDet.load(randomModel(64), { threads: 1 });
    const options = { scoreThreshold: 0.1 };
    const expected = await detector.detectBatch(
      [1, 2, 3, 4].map((n) => at(`image-0${n}.png`)),
      options,
    );
    for (const source of [at('images.mp4'), at('image-%02d.png')]) {
      const found = [];
      for await (const result of detector.stream(openVideo(source, { fps: 10 }), options)) {
        found.push(result);
      }
      expect(found.map(({ detections }) => detections)).toEqual(expected);
      expect(found.map(({ index, time, dropped }) => [index, time, dropped])).toEqual([
        [0, 0, 0],
        [1, 100, 0],
        [2, 200, 0],
        [3, 300, 0],
      ]);
    }
    detector.dispose();
    expect(expected[0].length).toBeGreaterThan(0);
  });

  it('that are skipped on request are not counted as dropped', async () => {
    const detector = await RefineDet.load(randomModel(64), { threads: 1 });
    const results = [];
    const frames = openVideo(at('even.mp4'), { start: 500, every: 10 });
    for await (const { index, dropped } of detector.stream(frames)) results.push([index, dropped]);
    expect(results).toEqual([
      [5, 0],
      [15, 0],
      [25, 0],
      [35, 0],
    ]);
    detector.dispose();
  });

  it('are upright', async () => {
    const rotate = ['-c', 'copy', '-metadata:s:v:0', 'rotate=90', at('rotated.mp4')];
    ffmpeg('-i', at('even.mp4'), ...rotate);
    const [frame] = await framesOf(at('rotated.mp4'), { end: 50 });
    expect(frame).toMatchObject({ width: SIZE.height, height: SIZE.width });
    const info = await openVideo(at('rotated.mp4')).info();
    expect(info).toMatchObject({ width: SIZE.height, height: SIZE.width, frameRate: 10 });
  });

  it.each([
    ['64/45', { width: 182, height: 64 }],
    ['8/9', { width: 114, height: 64 }],
    ['1919/1920', SIZE], // nobody sees that
    ['50/1', SIZE], // a mistake, or an attack
  ])('are as wide as they are shown with pixels of %s', async (aspect, size) => {
    ffmpeg('-i', at('even.mp4'), '-vf', `setsar=${aspect}`, '-c:v', 'libx264', at('wide.mp4'));
    const frames = await framesOf(at('wide.mp4'), { start: 500, every: 2 });
    expect(frames[0]).toMatchObject(size);
    expect(frames.map(numberOf).slice(0, 3)).toEqual([5, 7, 9]);
    expect(await openVideo(at('wide.mp4')).info()).toMatchObject(size);
  });

  it('are as wide as they are shown, also upright', async () => {
    ffmpeg('-i', at('even.mp4'), '-vf', 'setsar=64/45', '-c:v', 'libx264', at('flat.mp4'));
    ffmpeg('-i', at('flat.mp4'), '-c', 'copy', '-metadata:s:v:0', 'rotate=90', at('tall.mp4'));
    const [frame] = await framesOf(at('tall.mp4'), { end: 50 });
    expect(frame).toMatchObject({ width: 45, height: 128 });
    expect(await openVideo(at('tall.mp4')).info()).toMatchObject({ width: 45, height: 128 });
  });

  it.each([
    ['odd sizes', ['-vf', 'scale=131:67', '-c:v', 'libx264', '-pix_fmt', 'yuv444p']],
    ['10 bits', ['-c:v', 'libx264', '-pix_fmt', 'yuv420p10le']],
    ['interlaced lines', ['-c:v', 'libx264', '-flags', '+ildct+ilme', '-pix_fmt', 'yuv420p']],
    ['another codec', ['-c:v', 'libvpx-vp9', '-cpu-used', '8', '-f', 'webm']],
    ['no container', ['-c:v', 'libx264', '-bf', '0', '-f', 'h264']],
  ])('with %s have their numbers and pixels', async (_, args) => {
    ffmpeg('-i', at('even.mp4'), ...args, ...(args.includes('-f') ? [] : ['-f', 'mp4']), at('x'));
    const frames = await framesOf(at('x'));
    const numbers = frames.map(numberOf);
    expect(numbers.slice(0, 20)).toEqual(
      Array.from({ length: 20 }, (_, i) => numbers[0] + i * (numbers[1] - numbers[0])),
    );
    const times = frames.map(({ time }) => time);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(new Set(times).size).toBe(frames.length);
  });

  it('of interlaced lines are combined', async () => {
    const lines = ['-vf', 'setfield=tff', '-flags', '+ildct+ilme', '-pix_fmt', 'yuv420p'];
    const moving = ['-f', 'lavfi', '-i', 'testsrc=s=128x64:r=10:d=4'];
    ffmpeg(...moving, ...lines, '-c:v', 'libx264', '-top', '1', at('lines.mp4'));
    const shown = execFileSync(
      'ffprobe',
      ['-v', 'error', '-show_entries', 'stream=field_order', '-of', 'csv=p=0', at('lines.mp4')],
      { encoding: 'utf8' },
    );
    expect(shown.trim()).toMatch(/^(tt|tb|bb|bt)$/);
    const frames = await framesOf(at('lines.mp4'));
    expect(frames).toHaveLength(40);
    for (const { index, time } of frames) expect(time).toBeCloseTo(100 * index, 6);
    const whole = await framesOf(at('lines.mp4'), { deinterlace: false, end: 1000 });
    expect(frames[5].data).not.toEqual(whole[5].data);
  });

  it('that are asked for at the same time come in their order', async () => {
    const frames = openVideo(at('even.mp4'), { end: 300 })[Symbol.asyncIterator]();
    const asked = await Promise.all(Array.from({ length: 5 }, () => frames.next()));
    expect(asked.map(({ value }) => value?.index)).toEqual([0, 1, 2, undefined, undefined]);
  });

  it('are found by the same video after a failure', async () => {
    const video = openVideo(at('late.mp4'), { end: 100 });
    await expect(video.info()).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    ffmpeg('-i', at('even.mp4'), '-c', 'copy', at('late.mp4'));
    const { value } = await video[Symbol.asyncIterator]().next();
    expect(value?.index).toBe(0);
  });

  it('of many videos at once cause no warning of a leak', async () => {
    const before = process.listenerCount('exit');
    const { signal } = new AbortController();
    const opened = Array.from({ length: 3 }, () =>
      openVideo(at('even.mp4'), { signal })[Symbol.asyncIterator](),
    );
    await Promise.all(opened.map((frames) => frames.next()));
    expect(process.listenerCount('exit')).toBeLessThanOrEqual(before + 1);
    expect(getEventListeners(signal, 'abort').length).toBeLessThanOrEqual(1);
    await Promise.all(opened.map((frames) => frames.return!()));
    expect(process.listenerCount('exit')).toBe(before);
  });

  it('are decoded only as far as they are taken', async () => {
    const frames = openVideo(at('even.mp4'))[Symbol.asyncIterator]();
    const first = await frames.next();
    expect(first.done).toBe(false);
    await frames.return!();
    expect(await frames.next()).toEqual({ done: true, value: undefined });
  });
});
