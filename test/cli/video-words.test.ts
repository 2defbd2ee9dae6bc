/** Which words of the command line are videos. */
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { reclaimInputs } from '../../src/cli/detect/detect-flags.ts';
import { videoWords } from '../../src/cli/detect/video-words.ts';

describe('a word of the command line', () => {
  it.each([
    'street.mp4',
    'STREET.MKV',
    'rtsp://camera/stream',
    'camera:0',
    '/dev/video1',
    'frames/%06d.jpg',
    'https://host/live/index.m3u8?key=1',
    'http://user:secret@host/live',
  ])('such as %s is a video', async (word) => {
    expect(await videoWords([word], {})).toEqual([word]);
  });

  it.each(['photo.jpg', 'photos', '-', 'http://host/photo.jpg?film=a.mp4', '100%.png', 'a b.txt'])(
    'such as %s is none',
    async (word) => {
      expect(await videoWords([word], {})).toBeUndefined();
    },
  );

  it('of another name is a video beside an option for videos', async () => {
    expect(await videoWords(['recording.bin'], { every: 5 })).toEqual(['recording.bin']);
    await expect(videoWords(['photo.jpg'], { every: 5 })).rejects.toThrow('--every is for videos');
  });

  it('that is a folder has videos if it has no images, or if videos are asked for', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'refinedet-words-'));
    const at = (name: string) => path.join(folder, name);
    for (const name of ['v2.mp4', 'v10.mkv', 'v2.detected.mp4', '.v.mp4', 'notes.txt']) {
      writeFileSync(at(name), '');
    }
    const videos = [at('v2.mp4'), at('v10.mkv')];
    expect(await videoWords([folder], {})).toEqual(videos);
    expect(await videoWords([at('v*.m*'), at('v10.mkv')], {})).toEqual(videos);
    writeFileSync(at('photo.jpg'), '');
    expect(await videoWords([folder], {})).toBeUndefined();
    expect(await videoWords([folder], { track: true })).toEqual(videos);
    rmSync(folder, { recursive: true });
  });

  it.each([
    ['multipart/x-mixed-replace;boundary=x', true],
    ['application/vnd.apple.mpegurl', true],
    ['application/x-mpegURL', true],
    ['application/dash+xml', true],
    ['video/mp4', true],
    ['image/jpeg', false],
    ['text/html', false],
  ])('that is a URL is one by its type: %s', async (type, isVideo) => {
    const server = createServer((_, response) => {
      response.setHeader('content-type', type);
      response.end('content');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/live`;
    expect(await videoWords([url], {})).toEqual(isVideo ? [url] : undefined);
    server.close();
  });
});

describe('a video behind an option whose argument is optional', () => {
  it.each([
    [[], { track: 'a.mp4', save: 'b.mp4' }, ['a.mp4'], { track: true, save: 'b.mp4' }],
    [['b.mp4'], { track: 'a.mp4' }, ['a.mp4', 'b.mp4'], { track: true }],
    [[], { save: 'a.mp4' }, ['a.mp4'], { save: true }],
    [['a.mp4'], { save: 'b.mp4' }, ['a.mp4'], { save: 'b.mp4' }],
  ])(
    '%j %j is an input, unless it can be the file to write',
    async (words, flags, inputs, left) => {
      expect(await reclaimInputs(words, flags)).toEqual([inputs, left]);
    },
  );
});
