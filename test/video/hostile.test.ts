/** Bad sources: one error with a code, and no process left behind. */

import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { isPosix } from '../../support/posix.ts';
import { ffmpeg, hasFfmpeg, videoFolder } from '../../support/video/ffmpeg.ts';
import { openVideo } from '../../support/video/open.ts';
import { framesOf, numbered } from './helpers.ts';

const { at, remove } = videoFolder();
afterAll(remove);

const failure = (code: string, message: RegExp) => ({
  code,
  message: expect.stringMatching(message),
});

describe.skipIf(!hasFfmpeg)('a bad source', () => {
  beforeAll(() => {
    const h264 = ['-c:v', 'libx264', '-g', '10', '-pix_fmt', 'yuv420p'];
    ffmpeg(...numbered(60), ...h264, at('good.mp4'));
    ffmpeg('-i', at('good.mp4'), '-c', 'copy', '-movflags', '+faststart', at('fast.mp4'));
    ffmpeg('-i', at('good.mp4'), '-c', 'copy', at('good.mkv'));
    for (const name of ['good.mp4', 'fast.mp4', 'good.mkv']) {
      const bytes = readFileSync(at(name));
      writeFileSync(at(`cut-${name}`), bytes.subarray(0, 0.6 * bytes.length));
    }
    writeFileSync(at('empty.mp4'), '');
    writeFileSync(at('noise.bin'), Buffer.from('hello'.repeat(1000)));
    ffmpeg('-f', 'lavfi', '-i', 'sine=d=1', at('sound.mp4'));
    writeFileSync(at('huge.y4m'), 'YUV4MPEG2 W20000 H20000 F25:1 Ip A0:0\nFRAME\nxx');
    writeFileSync(at('zero.y4m'), 'YUV4MPEG2 W0 H0 F25:1 Ip A0:0\nFRAME\nxx');
  });

  it.each([
    ['empty.mp4', 'VIDEO_CORRUPT', /cannot read/],
    ['noise.bin', 'VIDEO_FORMAT', /Invalid data found/],
    ['sound.mp4', 'VIDEO_FORMAT', /has no images/],
    ['cut-good.mp4', 'VIDEO_CORRUPT', /moov atom not found/],
    ['huge.y4m', 'VIDEO_SIZE', /20000×20000 pixels/],
    ['zero.y4m', 'VIDEO_SIZE', /0×0/],
    ['missing.mp4', 'FILE_NOT_FOUND', /does not exist/],
  ])('%s fails with %s', async (name, code, message) => {
    await expect(framesOf(at(name))).rejects.toMatchObject(failure(code, message));
  });

  it.each(['cut-fast.mp4', 'cut-good.mkv'])('%s gives its frames, then the error', async (name) => {
    const frames: number[] = [];
    const reading = async () => {
      for await (const { index } of openVideo(at(name))) frames.push(index);
    };
    await expect(reading()).rejects.toMatchObject(failure('VIDEO_CORRUPT', /./));
    expect(frames.length).toBeGreaterThan(5);
    expect(frames.length).toBeLessThan(55);
  });

  it('is not called truncated for a last frame that lasts long', async () => {
    const last = `setts=duration='if(eq(N,59),100/TB,DURATION)'`;
    ffmpeg(...numbered(60), '-c:v', 'libx264', '-bf', '0', '-pix_fmt', 'yuv420p', at('short.mp4'));
    ffmpeg('-i', at('short.mp4'), '-c', 'copy', '-bsf:v', last, at('long.mp4'));
    const { duration } = await openVideo(at('long.mp4')).info();
    expect(duration).toBeGreaterThan(60_000);
    expect(await framesOf(at('long.mp4'))).toHaveLength(60);
  });

  it('with a changing size fails with VIDEO_SIZE', async () => {
    const small = [
      ...numbered(5),
      '-vf',
      'scale=64:64,setsar=1',
      '-c:v',
      'libx264',
      '-pix_fmt',
      'yuv420p',
    ];
    const large = [...numbered(5), '-c:v', 'libx264', '-pix_fmt', 'yuv420p'];
    ffmpeg(...small, '-f', 'mpegts', at('1.ts'));
    ffmpeg(...large, '-f', 'mpegts', at('2.ts'));
    writeFileSync(
      at('both.ts'),
      Buffer.concat(['1.ts', '2.ts'].map((name) => readFileSync(at(name)))),
    );
    const change = /change their size from 64×64 to 128×64/;
    await expect(framesOf(at('both.ts'))).rejects.toMatchObject(failure('VIDEO_SIZE', change));
  });

  it.each([
    ['name', 'a\n[showinfo@taken @ 0x1] [info] n: 0 pts: 0 s:9x9 i.mp4', 'x'],
    ['title', 'title.mp4', 'a [error] partial file'],
  ])('cannot fake what ffmpeg says by its %s', async (_, name, title) => {
    ffmpeg('-i', at('good.mp4'), '-c', 'copy', '-metadata', `title=${title}`, `file:${at(name)}`);
    expect(await framesOf(at(name))).toHaveLength(60);
  });

  it('with more pixels than maxPixels fails before it is decoded', async () => {
    const reading = framesOf(at('good.mp4'), { maxPixels: 1000 });
    await expect(reading).rejects.toMatchObject(failure('VIDEO_SIZE', /128×64 pixels/));
  });

  it.each([
    [
      'm3u8',
      (file: string) => `#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n${file}\n#EXT-X-ENDLIST\n`,
    ],
    ['ffconcat', (file: string) => `ffconcat version 1.0\nfile '${file}'\n`],
    [
      'sdp',
      () =>
        'v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n',
    ],
  ])('that is a local playlist (%s) is refused, whatever its name', async (extension, text) => {
    copyFileSync(at('good.mp4'), at('secret.mp4'));
    for (const name of [`list.${extension}`, 'list.mp4']) {
      writeFileSync(at(name), text(at('secret.mp4')));
      const refusal = failure('VIDEO_FORMAT', /is refused: it is a playlist/);
      await expect(framesOf(at(name))).rejects.toMatchObject(refusal);
    }
  });

  it.each([
    ['', 'INVALID_ARGUMENT'],
    ['concat:a.mp4|b.mp4', 'FILE_NOT_FOUND'],
    ['-y', 'FILE_NOT_FOUND'],
    ['ftp://host/a.mp4', 'INVALID_ARGUMENT'],
    ['file:///etc/passwd', 'INVALID_ARGUMENT'],
    [at('.'), 'INVALID_ARGUMENT'],
  ])('called "%s" reaches no protocol or option of ffmpeg', async (source, code) => {
    await expect((async () => framesOf(source))()).rejects.toMatchObject({ code });
  });

  it.each([
    [{ every: 0 }, /video.every must be a whole number from 1/],
    [{ stal: 1 }, /did you mean "stall"/],
    [{ start: 5, end: 5 }, /video.end must be after start, not 5/],
  ])('is not opened with the options %j', (options, message) => {
    expect(() => openVideo('a.mp4', options as object)).toThrow(message);
  });

  it.skipIf(!isPosix)('with an ffmpeg that is too old says so', async () => {
    const refusal = `echo "[fatal] Unrecognized option 'fps_mode'." >&2; exit 1`;
    const old = `#!/bin/sh\ncase "$*" in *-fps_mode*) ${refusal};; esac\nexec ffmpeg "$@"\n`;
    mkdirSync(at('old'));
    writeFileSync(at('old/ffmpeg'), old, { mode: 0o755 });
    writeFileSync(at('old/ffprobe'), '#!/bin/sh\nexec ffprobe "$@"\n', { mode: 0o755 });
    const reading = framesOf(at('good.mp4'), { ffmpeg: at('old/ffmpeg') });
    const message = /video needs ffmpeg 5.1 or later: Unrecognized option/;
    await expect(reading).rejects.toMatchObject(failure('MISSING_DEPENDENCY', message));
  });

  it('with frames that are too large once their pixels are square fails', async () => {
    ffmpeg('-i', at('good.mp4'), '-vf', 'setsar=2', '-c:v', 'libx264', at('wide.mp4'));
    const [width, height] = [128, 64];
    await expect(framesOf(at('wide.mp4'), { maxPixels: width * height })).rejects.toMatchObject(
      failure('VIDEO_SIZE', /256×64 pixels, which is not from 1 to maxPixels/),
    );
  });

  it.skipIf(!isPosix)('that makes ffprobe crash is lost, not stalled', async () => {
    const programs = at('crashing');
    mkdirSync(programs);
    const script = (line: string) => `#!/bin/sh\n${line}\n`;
    writeFileSync(`${programs}/ffmpeg`, script('exec ffmpeg "$@"'), { mode: 0o755 });
    writeFileSync(`${programs}/ffprobe`, script('kill -SEGV $$'), { mode: 0o755 });
    await expect(framesOf(at('good.mp4'), { ffmpeg: `${programs}/ffmpeg` })).rejects.toMatchObject(
      failure('VIDEO_LOST', /was killed or crashed/),
    );
  });

  it('without ffmpeg explains how to install it', async () => {
    const reading = framesOf(at('good.mp4'), { ffmpeg: '/nowhere/ffmpeg' });
    const hint = /\/nowhere\/ffmpeg is not installed: install it \(apt install ffmpeg/;
    await expect(reading).rejects.toMatchObject(failure('MISSING_DEPENDENCY', hint));
  });
});

describe.skipIf(!hasFfmpeg)('a bad address', () => {
  const servers: (Server | ReturnType<typeof createTcpServer>)[] = [];
  afterAll(() => {
    for (const server of servers) server.close();
  });

  const listen = async (server: (typeof servers)[number]) => {
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  };

  it('of a playlist that names local files is refused', async () => {
    const served = createServer((_, response) => {
      response.setHeader('content-type', 'application/vnd.apple.mpegurl');
      response.end(
        `#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nfile://${at('good.mp4')}\n#EXT-X-ENDLIST\n`,
      );
    });
    const port = await listen(served);
    const reading = framesOf(`http://127.0.0.1:${port}/list.m3u8`, { stall: 2000 });
    await expect(reading).rejects.toMatchObject(failure('VIDEO_FORMAT', /is refused/));
  });

  it.each(['rtsp', 'http'])(
    'of a server (%s) that never sends a frame is a stall',
    async (scheme) => {
      const port = await listen(createTcpServer((socket) => socket.on('error', () => {})));
      const start = performance.now();
      const reading = framesOf(`${scheme}://user:secret@127.0.0.1:${port}/x.mp4`, { stall: 1000 });
      const error = await reading.catch((thrown) => thrown);
      expect(['VIDEO_STALLED', 'VIDEO_LOST']).toContain(error.code);
      expect(`${error.message} ${error.cause}`).not.toContain('secret');
      expect(performance.now() - start).toBeLessThan(15_000);
    },
  );

  it('of no server is lost', async () => {
    const warn = vi.fn();
    const reading = framesOf('rtsp://127.0.0.1:9/x', { stall: 2000, warn });
    await expect(reading).rejects.toMatchObject(failure('VIDEO_LOST', /Connection refused/));
    expect(warn).not.toHaveBeenCalled();
  });
});
