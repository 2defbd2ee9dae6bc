/** Running processes of ffmpeg, on Linux. */
import { readdirSync, readFileSync } from 'node:fs';

/** Ids of the processes of ffmpeg that have a text in their command line, read from /proc. */
export function pidsOfFfmpeg(part: string): number[] {
  const pids = readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && pid !== process.pid);
  return pids.filter((pid) => {
    try {
      const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      return line.startsWith('ffmpeg') && line.includes(part);
    } catch {
      return false; // it has ended
    }
  });
}
