/** `refinedet detect` on videos: results, tracks, events, annotated copies, and errors in one line. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isPosix } from '../../support/posix.ts';
import { ffmpeg, hasFfmpeg } from '../../support/video/ffmpeg.ts';
import { openVideo } from '../../support/video/open.ts';
import { framesOf } from '../video/helpers.ts';
import {
  CAT,
  cliCommand,
  FAILURE_LINE,
  runCli,
  temporaryFolder,
  writeRandomModel,
} from './helpers.ts';

const { at, folder: cwd, remove } = temporaryFolder();
afterAll(remove);

const FRAMES = 12;
const ZONES = {
  lines: [
    {
      name: 'gate',
      points: [
        [0.5, 0],
        [0.5, 1],
      ],
    },
  ],
  zones: [
    {
      name: 'meadow',
      points: [
        [0, 0],
        [1, 0],
        [1, 1],
        [0, 1],
      ],
    },
  ],
};
const lines = (text: string) =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

/** What ffprobe says about the streams of a file. */
function streamsOf(file: string): Record<string, string>[] {
  const args = ['-v', 'error', '-count_frames', '-show_streams', '-of', 'json', file];
  return JSON.parse(execFileSync('ffprobe', args, { encoding: 'utf8' })).streams;
}

beforeAll(async () => {
  await writeRandomModel(at('random.safetensors'));
  if (!hasFfmpeg) return;
  // The cat moves from the left to the right.
  const cat = ['-loop', '1', '-framerate', '5', '-i', CAT];
  const meadow = ['-f', 'lavfi', '-i', `color=0x406050:s=640x360:r=5:d=${FRAMES / 5}`];
  const sound = ['-f', 'lavfi', '-i', `sine=d=${FRAMES / 5}`];
  const graph = "[0][1]overlay=x='-150+40*n':y=30:shortest=1[v]";
  const maps = ['-filter_complex', graph, '-map', '[v]', '-map', '2:a'];
  ffmpeg(...meadow, ...cat, ...sound, ...maps, '-c:a', 'aac', '-pix_fmt', 'yuv420p', at('cat.mp4'));
  writeFileSync(at('zones.json'), JSON.stringify(ZONES));
});

describe.skipIf(!hasFfmpeg)('detect on a video', { timeout: 240_000 }, () => {
  it('prints a line for each frame, and writes tracks, events and an annotated copy', async () => {
    const flags = ['--track', '--zones', 'zones.json', '--events', 'events.jsonl'];
    const args = ['detect', 'cat.mp4', ...flags, '--save', 'out.mp4'];
    const { code, stdout, stderr } = await runCli(args, { cwd });
    expect(stderr).toMatch(
      /^refinedet: 12 frames, .* frames\/s; events in events.jsonl; video in out.mp4\n/,
    );
    expect(stderr).toContain('refinedet: gate: 0 forward, 1 backward\n');
    expect(code).toBe(0);
    const results = lines(stdout);
    expect(
      results.map(({ source, frame, time, width, height }) => [source, frame, time, width, height]),
    ).toEqual(Array.from({ length: FRAMES }, (_, i) => ['cat.mp4', i, 200 * i, 640, 360]));
    const cats = results.map(({ detections }) =>
      detections.find(({ label }: { label: string }) => label === 'cat'),
    );
    expect(cats.filter((one) => one?.trackId === 1).length).toBeGreaterThan(FRAMES / 2);
    const events = lines(readFileSync(at('events.jsonl'), 'utf8'));
    expect(events).toContainEqual(
      expect.objectContaining({
        type: 'crossing',
        line: 'gate',
        direction: 'backward',
        label: 'cat',
        trackId: 1,
      }),
    );
    expect(events.at(-1)).toMatchObject({
      source: 'cat.mp4',
      type: 'totals',
      lines: { gate: { forward: 0, backward: 1 } },
    });

    const [images, sound] = streamsOf(at('out.mp4'));
    expect(images).toMatchObject({
      codec_name: 'h264',
      width: 640,
      height: 360,
      nb_read_frames: `${FRAMES}`,
    });
    expect(sound).toMatchObject({ codec_type: 'audio', codec_name: 'aac' });
    const [before, after] = [await framesOf(at('cat.mp4')), await framesOf(at('out.mp4'))];
    expect(after.map(({ time }) => Math.round(time))).toEqual(
      before.map(({ time }) => Math.round(time)),
    );
    // The line of the gate is white in the middle of every frame.
    const middle = 3 * (350 * 640 + 320);
    for (const { data } of after) expect(data[middle]).toBeGreaterThan(180);
    expect(before[0].data[middle]).toBeLessThan(150);
  });

  const random = ['--model', 'random.safetensors', '--threads', '1', '--quiet'];

  it('writes CSV and MOTChallenge', async () => {
    const tracked = [
      '--track',
      'iou',
      '--every',
      '4',
      '--threshold',
      '0.1',
      '--max-detections',
      '3',
    ];
    const csv = await runCli(['detect', 'cat.mp4', ...random, ...tracked, '--format', 'csv'], {
      cwd,
    });
    const [header, ...rows] = csv.stdout.trim().split('\n');
    expect(header).toBe('source,frame,time,label,class_id,score,x,y,width,height,track_id');
    expect(new Set(rows.map((row) => row.split(',').slice(0, 3).join()))).toEqual(
      new Set(['cat.mp4,0,0', 'cat.mp4,4,800', 'cat.mp4,8,1600']),
    );
    const args = [
      'detect',
      'cat.mp4',
      ...random,
      ...tracked,
      '--format',
      'mot',
      '--out',
      'results',
    ];
    expect((await runCli(args, { cwd })).code).toBe(0);
    const mot = readFileSync(at('results/cat.txt'), 'utf8').trim().split('\n');
    expect(new Set(mot.map((line) => line.split(',')[0]))).toEqual(new Set(['1', '5', '9']));
    expect(mot[0]).toMatch(/^1,1,[\d.]+,[\d.]+,[\d.]+,[\d.]+,[\d.]+,-1,-1,-1$/);
    expect(mot).toHaveLength(rows.length);
  });

  it('selects frames by time, and an image sequence by its pattern', async () => {
    const part = ['--start', '0:01', '--end', '1600ms'];
    const { stdout } = await runCli(['detect', 'cat.mp4', ...random, ...part], { cwd });
    expect(lines(stdout).map(({ frame, time }) => [frame, time])).toEqual([
      [5, 1000],
      [6, 1200],
      [7, 1400],
    ]);
    ffmpeg('-i', at('cat.mp4'), '-frames:v', '3', at('image-%03d.png'));
    const sequence = await runCli(['detect', 'image-%03d.png', ...random, '--fps', '5'], { cwd });
    expect(lines(sequence.stdout).map(({ frame, time }) => [frame, time])).toEqual([
      [0, 0],
      [1, 200],
      [2, 400],
    ]);
  });

  it('keeps the order of frames with workers', async () => {
    const { stdout } = await runCli(['detect', 'cat.mp4', ...random, '--workers', '2'], { cwd });
    expect(lines(stdout).map(({ frame }) => frame)).toEqual(
      Array.from({ length: FRAMES }, (_, i) => i),
    );
  });

  it('forgets the tracks at a scene cut when asked', async () => {
    // The cat stays where it is, in front of another background.
    const scenes = ['0x202020', '0xe0e0e0'].flatMap((color) => [
      ...['-f', 'lavfi', '-i', `color=${color}:s=640x360:r=5:d=1`],
    ]);
    const graph = '[0][1]concat[scenes];[scenes][2]overlay=x=100:y=30:shortest=1';
    ffmpeg(...scenes, '-loop', '1', '-i', CAT, '-filter_complex', graph, at('scenes.mkv'));
    const ids = async (...flags: string[]) => {
      const args = ['detect', 'scenes.mkv', '--track', '--quiet', '--threads', '1', ...flags];
      const { stdout } = await runCli(args, { cwd });
      return lines(stdout).map(({ detections }) => detections[0]?.trackId);
    };
    expect(new Set(await ids())).toEqual(new Set([1]));
    const reset = await ids('--reset-on-cut');
    expect(new Set(reset.slice(0, 5))).toEqual(new Set([1]));
    expect(reset.at(-1)).toBe(2);
  });

  it('detects in several videos, each with its own tracks and copy', async () => {
    mkdirSync(at('clips/night'), { recursive: true });
    for (const name of ['clips/b2.mp4', 'clips/b10.mp4', 'clips/night/b2.mov']) {
      ffmpeg('-i', at('cat.mp4'), '-frames:v', '3', '-c', 'copy', at(name));
    }
    writeFileSync(at('clips/broken.mp4'), 'not a video');
    const flags = ['--track', 'iou', '--threshold', '0.1', '--zones', 'zones.json'];
    const outputs = ['--events', 'all.jsonl', '--out', 'all', '--save', '--recursive'];
    const args = ['detect', 'clips', ...flags, ...outputs, '--model', 'random.safetensors'];
    const { code, stderr } = await runCli([...args, '--threads', '1'], { cwd });
    expect(stderr).toMatch(/refinedet: cannot read clips.broken.mp4: .*\n/);
    expect(stderr).toMatch(
      /refinedet: 4 videos; results in .*detections.jsonl; events in all.jsonl/,
    );
    expect(stderr).toMatch(/refinedet: clips.b2.mp4: 3 frames, .*; video in all.b2.detected.mp4\n/);
    expect(code).toBe(1);
    const results = lines(readFileSync(at('all/detections.jsonl'), 'utf8'));
    const sources = ['b2.mp4', 'b10.mp4', 'night/b2.mov'].map((name) => path.join('clips', name));
    expect(results.map(({ source, frame }) => [source, frame])).toEqual(
      sources.flatMap((source) => [0, 1, 2].map((frame) => [source, frame])),
    );
    for (const source of sources) {
      const first = results.find((result) => result.source === source);
      expect(first.detections[0].trackId).toBe(1);
    }
    const events = lines(readFileSync(at('all.jsonl'), 'utf8'));
    const totals = events.filter(({ type }) => type === 'totals');
    expect(totals.map(({ source }) => source)).toEqual(sources);
    const copies = readdirSync(at('all')).filter((name) => name.endsWith('.mp4'));
    expect(copies.sort()).toEqual(['b10.detected.mp4', 'b2-2.detected.mp4', 'b2.detected.mp4']);

    // A pattern, one file of MOTChallenge each, and the standard output with one header.
    const mot = ['--format', 'mot', '--out', 'mot', ...random, '--threshold', '0.1'];
    expect((await runCli(['detect', 'clips/b*.mp4', ...mot], { cwd })).code).toBe(1);
    expect(readdirSync(at('mot')).sort()).toEqual(['b10.txt', 'b2.txt']);
    const csv = ['--format', 'csv', '--threshold', '0.1', ...random];
    const two = await runCli(['detect', 'clips/b2.mp4', 'clips/b10.mp4', ...csv], { cwd });
    expect(two.stdout.match(/^source,/gm)).toHaveLength(1);
    expect(two.code).toBe(0);
    // Nothing to report: still a file with its header.
    const none = await runCli(['detect', 'clips/b2.mp4', '--start', '1h', ...csv], { cwd });
    expect(none.stdout).toMatch(/^source,frame,.*\n$/);
  });

  it.skipIf(!isPosix)('ends cleanly after Ctrl-C, with a complete copy', async () => {
    ffmpeg('-stream_loop', '50', '-i', at('cat.mp4'), '-c', 'copy', at('long.mp4'));
    const [program, ...args] = cliCommand(['detect', 'long.mp4', ...random, '--save', 'part.mp4']);
    const child = spawn(program, args, { cwd, detached: true });
    let output = '';
    let errors = '';
    let hasStopped = false;
    child.stdout.on('data', (text) => {
      output += text;
      // As a terminal does: to the whole group of processes.
      if (hasStopped || output.split('\n').length <= 5) return;
      hasStopped = true;
      process.kill(-child.pid!, 'SIGINT');
    });
    child.stderr.on('data', (text) => {
      errors += text;
    });
    const [code] = await once(child, 'close');
    expect(errors).toMatch(
      /^refinedet: interrupted after \d+ frames; video in part.mp4 \[ABORTED\]\n$/,
    );
    expect(code).toBe(130);
    const count = lines(output).length;
    const [images, sound] = streamsOf(at('part.mp4'));
    expect(Number(images['nb_read_frames'])).toBe(count);
    expect(Number(sound['duration'])).toBeLessThan(Number(images['duration']) + 0.5);
    expect(readdirSync(cwd).filter((name) => name.includes('.tmp'))).toEqual([]);
  });

  it('keeps the results before the end of a truncated file', async () => {
    ffmpeg('-i', at('cat.mp4'), '-c', 'copy', '-movflags', '+faststart', at('fast.mp4'));
    const bytes = readFileSync(at('fast.mp4'));
    writeFileSync(at('cut.mp4'), bytes.subarray(0, 0.7 * bytes.length));
    const { code, stdout, stderr } = await runCli(['detect', 'cut.mp4', ...random], { cwd });
    expect(code).toBe(1);
    expect(stderr).toMatch(/\[VIDEO_CORRUPT\]\n/);
    let whole = 0;
    const reading = (async () => {
      for await (const _ of openVideo(at('cut.mp4'))) whole++;
    })();
    await expect(reading).rejects.toMatchObject({ code: 'VIDEO_CORRUPT' });
    expect(whole).toBeGreaterThan(0);
    expect(lines(stdout)).toHaveLength(whole);
  });

  it('replaces no video that --save names without --force, and names none without frames', async () => {
    ffmpeg('-i', at('cat.mp4'), '-c', 'copy', at('other.mp4'));
    const save = ['detect', 'cat.mp4', ...random.slice(0, -1), '--save', 'other.mp4'];
    const before = readFileSync(at('other.mp4'));
    const { stderr } = await runCli(save, { cwd });
    expect(stderr).toMatch(/other.mp4 exists already; --force replaces it \[FILE_WRITE\]\n$/);
    const none = await runCli([...save, '--force', '--start', '100'], { cwd });
    expect(none.stderr).toMatch(/^refinedet: 0 frames, [\d.]+ frames\/s\n$/);
    expect(readFileSync(at('other.mp4')).equals(before)).toBe(true);
    expect((await runCli([...save, '--force', '--end', '1'], { cwd })).code).toBe(0);
    expect(readFileSync(at('other.mp4')).equals(before)).toBe(false);
  });

  it('leaves no temporary file when the run cannot begin', async () => {
    ffmpeg('-i', at('cat.mp4'), '-c', 'copy', at('second.mp4'));
    const two = ['detect', 'cat.mp4', 'second.mp4', ...random, '--out', 'none'];
    for (const flags of [
      ['--zones', 'zones.json', '--events', '/proc/none/events.jsonl'],
      ['--input-size', '4096x4096', '--backend', 'webgpu'],
    ]) {
      expect((await runCli([...two, ...flags], { cwd })).code).toBe(1);
      expect(existsSync(at('none')) ? readdirSync(at('none')) : []).toEqual([]);
    }
  });

  it.skipIf(!isPosix)(
    'prints names without what would move the cursor or fake a line',
    async () => {
      mkdirSync(at('names'));
      for (const name of ['a.mp4', 'b\u001b[2J\nrefinedet: done.mp4']) {
        ffmpeg('-i', at('cat.mp4'), '-frames:v', '1', '-c', 'copy', `file:${at('names', name)}`);
      }
      const { stderr } = await runCli(['detect', 'names', ...random.slice(0, -1)], { cwd });
      expect(stderr).toContain('names/b\\x1b[2J refinedet: done.mp4: 1 frame');
      expect(stderr.trim().split('\n')).toHaveLength(3);
    },
  );

  it.each([
    [['cat.mp4', CAT], /cat.mp4 is a video, and .*cat.jpg is not: detect in one kind at a time/],
    [['cat.mp4', '--fast-decode'], /--fast-decode is for images, not for videos \[USAGE\]/],
    [['*.webm'], /no file matches \*.webm \[FILE_NOT_FOUND\]/],
    [['cat.mp4', 'b.mp4', '--format', 'mot'], /one file for each of the 2 videos: give --out DIR/],
    [['cat.mp4', 'b.mp4', '--save', 'out.mp4'], /--save of several videos is a folder, not "out/],
    [
      ['cat.mp4', 'rtsp://127.0.0.1:9/x'],
      /rtsp:.* is live and has no end: it goes alone \[USAGE\]/,
    ],
    [['cat.mp4', '--start', '5', '--end', '3'], /--end must be after --start \[USAGE\]/],
    [['cat.mp4', '--reset-on-cut'], /--reset-on-cut needs --track/],
    [['cat.mp4', '--format', 'coco'], /--format coco is for images; for videos: jsonl, csv, mot/],
    [['cat.mp4', '--events', 'e.jsonl'], /--events needs --zones/],
    [['cat.mp4', '--track', 'best'], /--track must be bytetrack or iou, not "best" \[USAGE\]/],
    [
      ['cat.mp4', '--start', 'soon'],
      /--start must be a time such as 90, 90s, 500ms or 1:30, not "soon"/,
    ],
    [['cat.mp4', '--save', 'out.wmv'], /a file with .mp4, .mov, .mkv, not "out.wmv"/],
    [['cat.mp4', '--save', 'cat.mp4'], /cat.mp4 is the input/],
    [['missing.mp4'], /the file missing.mp4 does not exist \[FILE_NOT_FOUND\]/],
    [['cat.mp4', '--ffmpeg', '/nowhere/ffmpeg'], /install it .* \[MISSING_DEPENDENCY\]/],
    [[CAT, '--every', '2'], /--every is for videos \[USAGE\]/],
    [[CAT, '--format', 'mot'], /--format mot is for videos \[USAGE\]/],
  ])('with %j fails in one line', async (args, message) => {
    const { code, stdout, stderr } = await runCli(
      ['detect', ...args, '--model', 'random.safetensors'],
      { cwd },
    );
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(FAILURE_LINE);
    expect(stdout).toBe('');
    expect(code).toBeGreaterThan(0);
    expect(existsSync(at('out.wmv'))).toBe(false);
  });
});
