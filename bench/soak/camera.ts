/** Streams an RTSP camera through ffmpeg for minutes: memory of this process and of ffmpeg. */
import { readFileSync } from 'node:fs';
import { RefineDet } from '../../src/index.ts';
import { freePort, hasRtspServer, startCamera } from '../../support/video/camera.ts';
import { openVideo } from '../../support/video/open.ts';
import { pidsOfFfmpeg } from '../../support/video/processes.ts';
import { processSample, report, type Sample } from './samples.ts';

const SAMPLES = 20;
/** More frames than two cores detect, so that most of them are dropped. */
const CAMERA = [1280, 720, 25];

export async function soakCamera(minutes: number): Promise<string> {
  if (!hasRtspServer) throw new Error('the RTSP server is missing');
  const port = await freePort();
  const camera = await startCamera(port, ...CAMERA);
  const source = `rtsp://127.0.0.1:${port}/camera`;
  const detector = await RefineDet.load();
  const samples: Sample[] = [];
  let last = { index: 0, dropped: 0 };
  let frames = 0;
  try {
    const video = openVideo(source, { end: 60_000 * minutes });
    for await (const { index, dropped, time } of detector.stream(video, { track: true })) {
      frames++;
      last = { index, dropped };
      if (time < (60_000 * minutes * samples.length) / SAMPLES) continue;
      const [pid] = pidsOfFfmpeg(source);
      samples.push({ ...processSample(frames, detector.heapBytes), ffmpeg: residentOf(pid) });
    }
  } finally {
    camera.kill('SIGKILL');
    detector.dispose();
  }
  const title = `${minutes} minutes of a camera of 1280×720 at 25 frames a second: ${frames} frames detected, ${last.dropped} dropped of ${last.index + 1}`;
  return report(title, 'frames', samples);
}

/** Resident memory of another process in megabytes, as Linux reports it. */
function residentOf(pid: number): number {
  const kilobytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) / 1000;
}
