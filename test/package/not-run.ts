import { hasFfmpeg } from '../../support/video/ffmpeg.ts';

/** Command lines of the documents that no test runs, with the reason; their flags are still checked. */
interface Exception {
  of: RegExp;
  because: string;
}

export const NOT_RUN: readonly Exception[] = [
  { of: /^npm (ci|install)\b/, because: 'installs from the registry; every CI run starts with it' },
  { of: /^npm (run|test)\b/, because: 'is run by CI itself, or is a benchmark of many minutes' },
  {
    of: /^npx tsx .*\bbench\//,
    because: 'measures or trains for many minutes, on private data',
  },
  { of: / --backend webgpu\b/, because: 'needs a GPU' },
  { of: /--redis|s3:/, because: 'needs a Redis server or a store; test/fleet runs both' },
  { of: /fleet train bench/, because: 'trains for many minutes, on private data' },
  { of: /--fit-threshold/, because: 'needs a trained model; test/cli/convert.test.ts runs it' },
  { of: /camera:0|rtsp:/, because: 'needs a camera' },
  ...(hasFfmpeg ? [] : [{ of: /street\.mp4|clips/, because: 'needs ffmpeg' }]),
];

export function isRun(command: string): boolean {
  return !NOT_RUN.some(({ of }) => of.test(command));
}
