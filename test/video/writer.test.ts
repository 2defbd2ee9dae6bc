/** Annotated videos: every frame at its time, even sizes, and nothing left after a failure. */
import { readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import type { RawImage } from '../../src/image/raw-image.ts';
import { VideoWriter } from '../../src/video/video-writer.ts';
import { isPosix } from '../../support/posix.ts';
import { ffmpeg, hasFfmpeg, videoFolder } from '../../support/video/ffmpeg.ts';
import { openVideo } from '../../support/video/open.ts';
import { framesOf } from './helpers.ts';

const { at, remove } = videoFolder();
afterAll(remove);

/** A gray frame of a level that survives the codec. */
function gray(level: number, width = 61, height = 33): RawImage {
  return { data: new Uint8Array(width * height * 3).fill(level), width, height, channels: 3 };
}
const files = () => readdirSync(path.dirname(at('x')));

describe.skipIf(!hasFfmpeg)('the writer of videos', () => {
  const times = [500, 533.3, 600, 1100, 1101, 2000];

  it.each(['mp4', 'mov', 'mkv'])(
    'writes uneven times to %s, relative to the first',
    async (type) => {
      const file = at(`out.${type}`);
      const writer = new VideoWriter(file, 'ffmpeg');
      for (const [i, time] of times.entries()) await writer.write(gray(40 * i), time);
      expect(files()).not.toContain(`out.${type}`);
      await writer.finish();
      const frames = await framesOf(file);
      expect(frames).toHaveLength(times.length);
      for (const [i, { time, data, width, height }] of frames.entries()) {
        expect(Math.abs(time - (times[i] - times[0]))).toBeLessThan(1);
        expect(Math.abs(data[0] - 40 * i)).toBeLessThan(8);
        // Odd sizes are padded: the encoder needs even ones.
        expect([width, height]).toEqual([62, 34]);
      }
      expect(files().filter((name) => name.includes('.tmp'))).toEqual([]);
    },
  );

  it('writes no file without frames', async () => {
    const writer = new VideoWriter(at('none.mp4'), 'ffmpeg');
    await writer.finish();
    expect(files()).not.toContain('none.mp4');
  });

  it('fails with VIDEO_SIZE for a frame of another size, and removes its files', async () => {
    const writer = new VideoWriter(at('sizes.mp4'), 'ffmpeg');
    await writer.write(gray(9), 0);
    await expect(writer.write(gray(9, 64, 64), 40)).rejects.toMatchObject({
      code: 'VIDEO_SIZE',
      message: expect.stringMatching(/from 61×33 to 64×64/),
    });
    await writer.discard();
    expect(files().filter((name) => name.startsWith('sizes'))).toEqual([]);
  });

  it('fails with FILE_WRITE where it cannot write', async () => {
    const writer = new VideoWriter('/proc/none/out.mp4', 'ffmpeg');
    await expect(writer.write(gray(9), 0)).rejects.toMatchObject({ code: 'FILE_WRITE' });
  });

  it.skipIf(!isPosix)('says that the disk is full', async () => {
    const full =
      'head -c 100000 > /dev/null; echo "[error] x: No space left on device" >&2; exit 1';
    const script = `#!/bin/sh\ncase "$*" in *-encoders*) exec ffmpeg "$@";; esac\n${full}\n`;
    writeFileSync(at('full'), script, { mode: 0o755 });
    const writer = new VideoWriter(at('full.mp4'), at('full'));
    const writing = (async () => {
      for (let i = 0; i < 50; i++) await writer.write(gray(9, 640, 360), 40 * i);
    })();
    const message = `${at('full.mp4')} cannot be written: the disk is full`;
    await expect(writing).rejects.toMatchObject({ code: 'FILE_WRITE', message });
    await writer.discard();
  });

  it('keeps sound that MOV cannot hold as AAC', async () => {
    ffmpeg('-f', 'lavfi', '-i', 'sine=d=1', '-c:a', 'libopus', at('opus.webm'));
    const writer = new VideoWriter(at('opus.mov'), 'ffmpeg');
    for (const time of [0, 400, 800]) await writer.write(gray(9), time);
    const warn = vi.fn();
    await writer.finish({ file: at('opus.webm'), codec: 'opus', start: 0 }, warn);
    expect(warn).not.toHaveBeenCalled();
    expect(await openVideo(at('opus.mov')).info()).toMatchObject({ audio: 'aac' });
  });

  it('keeps the images when the sound cannot be read', async () => {
    const writer = new VideoWriter(at('mute.mp4'), 'ffmpeg');
    for (const time of [0, 400, 800]) await writer.write(gray(9), time);
    const warn = vi.fn();
    writeFileSync(at('bad.wav'), 'no sound');
    await writer.finish({ file: at('bad.wav'), codec: 'pcm_s16le', start: 0 }, warn);
    expect(warn).toHaveBeenCalledWith(expect.stringMatching(/mute.mp4 has no sound: ./));
    expect(await framesOf(at('mute.mp4'))).toHaveLength(3);
    expect(files().filter((name) => name.includes('.tmp'))).toEqual([]);
  });
});
