/** Formats of the detections in videos: lines for each frame, written as soon as they are known. */
import { roundedDetection } from '../../rounding.ts';
import { type FrameResult, frameRecord, roundedTime } from '../../stream/frame-record.ts';
import { quoted } from './csv-format.ts';

export interface VideoFormat {
  extension: string;
  /** Whether each line names its video. */
  namesSource?: boolean;
  /** Text before the first frame. */
  start?: string;
  frame(result: FrameResult): string;
}

export const VIDEO_FORMATS = {
  jsonl: {
    extension: '.jsonl',
    namesSource: true,
    frame: (result) => `${JSON.stringify(frameRecord(result))}\n`,
  },
  csv: {
    extension: '.csv',
    namesSource: true,
    start: 'source,frame,time,label,class_id,score,x,y,width,height,track_id\n',
    frame: ({ source, frame, time, detections }) =>
      detections
        .map((one) => {
          const { label, classId, score, box } = roundedDetection(one);
          const { x, y, width, height } = box;
          const numbers = [classId, score, x, y, width, height, one.trackId ?? ''];
          return `${quoted(source)},${frame},${roundedTime(time)},${quoted(label)},${numbers}\n`;
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
