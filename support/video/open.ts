/** Videos read by a thread that runs the sources. */
import { Video } from '../../src/video/open-video.ts';
import type { VideoOptions } from '../../src/video/video-types.ts';
import { startSourceWorker } from '../node-workers.ts';

export function openVideo(source: string, options: VideoOptions = {}): Video {
  return new Video(source, options, () => startSourceWorker('video/video-worker'));
}
