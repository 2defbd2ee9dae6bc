/** A project of a user: packages from the registry in a temporary folder, a build, and a server. */
import { type ChildProcess, execFile, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const PING_MS = 30_000;
/** Milliseconds between attempts to reach a server that starts. */
const PAUSE_MS = 500;

export interface Project {
  /** What npm has printed while it installed the packages. */
  installation: string;
  write(path: string, content: string): void;
  /**
   * Runs a program to its end.
   * @throws Error with its output when it fails
   */
  run(program: string, ...args: string[]): Promise<string>;
  /** Starts a server at the port `$PORT` of its environment; returns its URL when it answers. */
  serve(program: string, ...args: string[]): Promise<string>;
  remove(): Promise<void>;
}

/** Why npm cannot install packages here; undefined when it can. */
export function registryProblem(): string | undefined {
  try {
    execFileSync('npm', ['view', 'react', 'version'], { timeout: PING_MS, stdio: 'pipe' });
    return undefined;
  } catch (error) {
    return `the npm registry is unreachable (${(error as Error).message.split('\n')[0]})`;
  }
}

export function createProject(packages: string[], files: Record<string, string>): Project {
  const folder = mkdtempSync(join(tmpdir(), 'refinedet-project-'));
  let server: ChildProcess | undefined;
  const write: Project['write'] = (path, content) => {
    mkdirSync(join(folder, dirname(path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  };
  write('package.json', JSON.stringify({ name: 'project', private: true, type: 'module' }));
  for (const [path, content] of Object.entries(files)) write(path, content);
  const env = { ...process.env, NODE_ENV: undefined, NEXT_TELEMETRY_DISABLED: '1', CI: '1' };
  const execute = promisify(execFile);
  const run: Project['run'] = (program, ...args) =>
    execute(program, args, { cwd: folder, env }).then(
      ({ stdout, stderr }) => stdout + stderr,
      ({ stdout, stderr, message }) => {
        throw new Error(`${message}\n${stdout}${stderr}`);
      },
    );
  const command = ['install', '--no-audit', '--no-fund', '--no-progress', ...packages];
  const npm = spawnSync('npm', command, { cwd: folder, env, encoding: 'utf8' });
  const installation = npm.stdout + npm.stderr;
  if (npm.status !== 0) throw new Error(`npm install: ${installation}`);
  return {
    installation,
    write,
    run,
    async serve(program, ...args) {
      const port = await freePort();
      const url = `http://localhost:${port}`;
      server = spawn(
        program,
        args.map((arg) => arg.replace('$PORT', String(port))),
        {
          cwd: folder,
          // SvelteKit compares the origin of requests with it.
          env: { ...env, PORT: String(port), ORIGIN: url },
          detached: true,
        },
      );
      let output = '';
      for (const stream of [server.stdout, server.stderr]) {
        stream?.on('data', (text) => {
          output += text;
        });
      }
      while (
        !(await fetch(url).then(
          () => true,
          () => false,
        ))
      ) {
        if (server.exitCode !== null) throw new Error(`the server has ended: ${output}`);
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      }
      return url;
    },
    async remove() {
      if (server?.pid !== undefined && server.exitCode === null) {
        // npx starts the server as a process of its own.
        process.kill(-server.pid);
        await once(server, 'close');
      }
      rmSync(folder, { recursive: true, maxRetries: 5 });
    },
  };
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0);
  await once(probe, 'listening');
  const { port } = probe.address() as { port: number };
  probe.close();
  return port;
}
