/** `refinedet serve` of the built package, for measurements. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { requireBuild } from './programs.ts';

export const CLI = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));

export interface RunningServer {
  url: string;
  pid: number;
  stop(): Promise<void>;
}

export async function startServer(flags: readonly string[]): Promise<RunningServer> {
  requireBuild();
  const args = [CLI, 'serve', '--port', '0', '--quiet', ...flags];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(child.stdout, 'data');
  return {
    url: String(line).trim(),
    pid: child.pid!,
    async stop() {
      const closed = once(child, 'close');
      child.kill('SIGTERM');
      await closed;
    },
  };
}
