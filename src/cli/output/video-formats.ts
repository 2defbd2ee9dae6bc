/** Formats of the detections in videos: lines for each frame, written as soon as they are known. */
import { roundedDetection } from '../../rounding.ts';
import type { TrackedDetection } from '../../stream/tracker.ts';
import { quoted } from './csv-format.ts';

/** The detections of one frame. */
export interface FrameResult {
  /** The video as given on the command line, without a password. */
  source: string;
  /** Number of the frame, from 0. */
  frame: number;
  /** Milliseconds. */
  time: number;
  width: number;
  height: number;
  detections: readonly TrackedDetection[];
}

export interface VideoFormat {
  extension: string;
  /** Text before the first frame. */
  start?: string;
  frame(result: FrameResult): string;
}

export const VIDEO_FORMATS = {
  jsonl: {
    extension: '.jsonl',
    frame({ source, frame, time, width, height, detections }) {
      const found = detections.map((one) => ({ ...roundedDetection(one), trackId: one.trackId }));
      const result = { source, frame, time: milliseconds(time), width, height, detections: found };
      return `${JSON.stringify(result)}\n`;
    },
  },
  csv: {
    extension: '.csv',
    start: 'source,frame,time,label,class_id,score,x,y,width,height,track_id\n',
    frame: ({ source, frame, time, detections }) =>
      detections
        .map((one) => {
          const { label, classId, score, box } = roundedDetection(one);
          const { x, y, width, height } = box;
          const numbers = [classId, score, x, y, width, height, one.trackId ?? ''];
          return `${quoted(source)},${frame},${milliseconds(time)},${quoted(label)},${numbers}\n`;
        })
        .join(''),
  },
  // MOTChallenge: frames count from 1; the last three numbers are places in the world.
  mot: {
    extension: '.txt',
    frame: ({ frame, detections }) =>
      detections
        .filter(({ trackId }) => trackId !== undefined)
        .map((one) => {
          const { score, box } = roundedDetection(one);
          const { x, y, width, height } = box;
          return `${[frame + 1, one.trackId, x, y, width, height, score, -1, -1, -1]}\n`;
        })
        .join(''),
  },
} as const satisfies Record<string, VideoFormat>;

export type VideoFormatName = keyof typeof VIDEO_FORMATS;

/** Microseconds: finer than the clocks of videos. */
function milliseconds(time: number): number {
  return Math.round(1000 * time) / 1000;
}
