/** Annotated videos: every frame at its time, even sizes, and nothing left after a failure. */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { RawImage } from '../../src/image/raw-image.ts';
import { VideoWriter } from '../../src/video/video-writer.ts';
import { hasFfmpeg, videoFolder } from '../../support/video/ffmpeg.ts';
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
});
