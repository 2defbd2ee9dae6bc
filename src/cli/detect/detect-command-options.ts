/** Options of `refinedet detect`. */
import {
  BACKEND,
  BOX_VOTING,
  COMPUTE,
  classes,
  inputSizeOf,
  MODEL,
  MULTI_SCALE,
  THREADS,
  threshold,
  WORKERS,
} from '../options/common-rows.ts';
import { type FlagsOf, on, optionalText, text, value } from '../options/option-table.ts';
import {
  choice,
  count,
  duration,
  fraction,
  positive,
  timeLimit,
  wholeNumber,
} from '../options/parsers.ts';
import { FORMATS, type FormatName } from '../output/formats.ts';
import { VIDEO_FORMATS, type VideoFormatName } from '../output/video-formats.ts';

const ALL_FORMATS = [...new Set([...Object.keys(FORMATS), ...Object.keys(VIDEO_FORMATS)])] as (
  | FormatName
  | VideoFormatName
)[];

export const DETECT_OPTIONS = {
  'Detection:': {
    model: MODEL,
    threshold: threshold('lowest score of a reported object', '0.5'),
    nms: value('<iou>', fraction, 'drop objects that overlap a better one by more', {
      default: '0.45',
    }),
    objectnessThreshold: value('<p>', fraction, 'drop anchors less likely to be an object', {
      default: "the model's",
    }),
    topK: value('<n>', count(), 'best candidates of a class that enter NMS', { default: '1000' }),
    maxDetections: value('<n>', count(), 'most objects per image', { default: '500' }),
    classes: classes('report only these classes', 'all'),
    excludeClasses: text('<names>', 'report all but these classes', { default: 'none' }),
    agnostic: on('let objects of different classes suppress each other'),
    softNms: value(
      '<kind>',
      choice(['linear', 'gaussian']),
      'lower the scores of objects that still overlap after NMS',
    ),
    boxVoting: BOX_VOTING,
    multiScale: { ...MULTI_SCALE, conflicts: 'tiles' },
    tiles: optionalText(
      '[pixels]',
      'overlapping tiles of this side, for large images with small objects',
      { default: 'off; twice the network input' },
    ),
    fastDecode: on('decode large JPEG files to fewer pixels: faster, slightly blurred'),
    inputSize: inputSizeOf("the model's"),
    compute: COMPUTE,
    threads: THREADS,
    backend: BACKEND,
    workers: WORKERS,
  },
  'Input and output:': {
    recursive: on('also read the folders inside folders', { short: 'r' }),
    format: value('<format>', choice(ALL_FORMATS), 'format of results', {
      short: 'f',
      default: 'table; json with --out; jsonl for videos',
    }),
    out: text('<dir>', 'write results to files in this folder instead of printing them', {
      short: 'o',
    }),
    save: optionalText('[path]', 'save images, or a video, with the boxes drawn in', {
      short: 's',
      default: 'into --out or detections',
    }),
    force: on('let --out, --events and the file of --save replace files'),
    quiet: on('no progress bar and no summary', { short: 'q' }),
  },
  'Video:': {
    every: value('<n>', count(), 'detect in each n-th frame', { default: '1' }),
    fps: value('<rate>', positive, 'most frames per second; of an image sequence: its frame rate', {
      default: 'all; 25',
    }),
    start: value('<time>', duration, 'begin there: seconds, or as in 1:30, 5m, 500ms', {
      default: '0',
    }),
    end: value('<time>', timeLimit, 'stop there', { default: 'the end' }),
    track: optionalText('[tracker]', 'give each object an id: bytetrack or iou', {
      default: 'off; bytetrack',
    }),
    resetOnCut: on('forget the tracks at scene cuts'),
    zones: text('<file>', 'count objects at the lines and in the zones of a JSON file; tracks'),
    events: text('<file>', 'write crossings, entries and exits as JSON lines; - prints them', {
      default: 'none',
    }),
    reconnect: value('<n>', wholeNumber, 'attempts in a row to open a lost stream again', {
      default: 'no limit',
    }),
    stall: value('<time>', timeLimit, 'longest time without a frame, for cameras and streams', {
      default: '10s',
    }),
    ffmpeg: text('<path>', 'the program ffmpeg', {
      default: 'REFINEDET_FFMPEG, or the installed one',
    }),
  },
};

export type DetectFlags = FlagsOf<typeof DETECT_OPTIONS>;
