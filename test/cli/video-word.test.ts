/** Which words of the command line are videos. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { videoWord } from '../../src/cli/detect/video-word.ts';

describe('a word of the command line', () => {
  it.each([
    'street.mp4',
    'STREET.MKV',
    'rtsp://camera/stream',
    'camera:0',
    '/dev/video1',
    'frames/%06d.jpg',
    'https://host/live/index.m3u8?key=1',
  ])('such as %s is a video', async (word) => {
    expect(await videoWord([word], {})).toBe(word);
  });

  it.each(['photo.jpg', 'photos', '-', 'http://host/photo.jpg?film=a.mp4', '100%.png', 'a b.txt'])(
    'such as %s is none',
    async (word) => {
      expect(await videoWord([word], {})).toBeUndefined();
    },
  );

  it('of another name is a video beside an option for videos', async () => {
    expect(await videoWord(['recording.bin'], { every: 5 })).toBe('recording.bin');
    await expect(videoWord(['photo.jpg'], { every: 5 })).rejects.toThrow('--every is for videos');
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
    expect(await videoWord([url], {})).toBe(isVideo ? url : undefined);
    server.close();
  });
});
