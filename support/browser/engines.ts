/**
 * Firefox and WebKit, started as a user starts them: with the address of a page. The page asks the site for
 * functions to run and sends back what they return, so no driver is needed, which either engine
 * has in another form.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { globSync } from 'tinyglobby';
import { hasPart, type PartName } from '../optional-parts.ts';
import { type Site, type SiteContent, serveSite } from './server.ts';

export interface Engine {
  name: string;
  part: PartName;
  /** Program; undefined when it is not installed. */
  program: string | undefined;
  /** Arguments before the address. */
  flags(profile: string): string[];
  /** Whether it needs a display. */
  isWindowed: boolean;
  /** Whether isolated pages get a SharedArrayBuffer. */
  hasThreads: boolean;
}

const installed = (...files: string[]): string | undefined =>
  files.find((file) => existsSync(file));

/** Videos may play without a click; nothing is asked or fetched at the first start. */
const FIREFOX_SETTINGS = `
user_pref('media.autoplay.default', 0);
user_pref('browser.shell.checkDefaultBrowser', false);
user_pref('datareporting.policy.dataSubmissionEnabled', false);
user_pref('app.update.disabledForTesting', true);
user_pref('browser.aboutwelcome.enabled', false);
`;

/** Debian's packages firefox-esr, and webkit2gtk-driver with xvfb. */
export const ENGINES: readonly Engine[] = [
  {
    name: 'Firefox',
    part: 'firefox',
    program: installed('/usr/bin/firefox-esr', '/usr/bin/firefox'),
    isWindowed: false,
    hasThreads: true,
    flags(profile) {
      writeFileSync(path.join(profile, 'user.js'), FIREFOX_SETTINGS);
      return ['--headless', '--no-remote', '--profile', profile];
    },
  },
  {
    name: 'WebKit',
    part: 'webkit',
    program: installed('/usr/bin/Xvfb') && globSync('/usr/lib/*/webkit2gtk-4.*/MiniBrowser')[0],
    isWindowed: true,
    // WebKitGTK leaves it out, unlike Safari.
    hasThreads: false,
    flags: () => ['--private', '--autoplay-policy=allow'],
  },
];
for (const { name, part, program } of ENGINES) {
  hasPart(part, program ? undefined : `${name} is not installed`);
}

export interface EnginePage {
  /** Runs a function in the page: it may use nothing but its argument and the page's globals. */
  evaluate<A, T>(run: (argument: A) => T | Promise<T>, argument: A): Promise<T>;
  site: Site;
  close(): Promise<void>;
}

/** Asks for work until the tests end. */
const PAGE = `<!doctype html><title>test</title><body></body><script src="/lib.js"></script><script>
globalThis.__name = (named) => named;
(async () => {
  for (;;) {
    const { code, argument } = await (await fetch('/next')).json();
    const answer = {};
    try {
      answer.value = await (0, eval)('(' + code + ')')(argument);
    } catch (error) {
      answer.error = String(error) + '\\n' + (error.stack ?? '');
    }
    await fetch('/done', { method: 'POST', body: JSON.stringify(answer) });
  }
})();
</script>`;

interface Job {
  body: string;
  resolve(answer: string): void;
  reject(error: Error): void;
}

/** Starts the engine with a page of the site; isolated, so that it may use threads. */
export async function openEngine(engine: Engine, content: SiteContent): Promise<EnginePage> {
  const waiting: Job[] = [];
  let current: Job | undefined;
  let ask: ((body: string) => void) | undefined;
  let death: Error | undefined;
  const hand = () => {
    if (!ask || current || waiting.length === 0) return;
    current = waiting.shift()!;
    ask(current.body);
    ask = undefined;
  };
  const site = await serveSite({
    ...content,
    files: { ...content.files, '/engine.html': PAGE },
    isolated: true,
    dynamic: {
      '/next': (_, answer) => {
        ask = answer;
        hand();
      },
      '/done': (body, answer) => {
        current?.resolve(body);
        current = undefined;
        answer('{}');
      },
    },
  });
  const started = start(engine, `${site.url}/engine.html`, (error) => {
    death = error;
    for (const job of [current, ...waiting]) job?.reject(error);
  });
  return {
    site,
    async evaluate(run, argument) {
      if (death) throw death;
      const text = await new Promise<string>((resolve, reject) => {
        waiting.push({ body: JSON.stringify({ code: String(run), argument }), resolve, reject });
        hand();
      });
      const { value, error } = JSON.parse(text);
      if (error !== undefined) throw new Error(`${engine.name}: ${error}`);
      return value;
    },
    async close() {
      started.stop();
      await site.close();
    },
  };
}

/** Runs the program until it is stopped, with a profile of its own. */
function start(
  { name, program, flags, isWindowed }: Engine,
  url: string,
  died: (e: Error) => void,
) {
  const profile = mkdtempSync(path.join(tmpdir(), 'refinedet-engine-'));
  const command = [program!, ...flags(profile), url];
  // A group of its own: browsers start more processes.
  const options = { stdio: 'ignore', detached: true } as const;
  const env = { ...process.env, HOME: profile, XDG_RUNTIME_DIR: profile };
  const [file, ...args] = isWindowed
    ? ['xvfb-run', '--auto-servernum', '--server-args=-screen 0 1280x960x24', ...command]
    : command;
  const child: ChildProcess = spawn(file, args, { ...options, env });
  let isStopped = false;
  child.on('error', died);
  child.on('exit', (code, signal) => {
    if (!isStopped) died(new Error(`${name} has ended: ${signal ?? `exit code ${code}`}`));
  });
  return {
    stop() {
      isStopped = true;
      if (child.pid !== undefined) {
        try {
          process.kill(-child.pid, 'SIGKILL');
        } catch {
          // It has ended by itself.
        }
      }
      rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    },
  };
}
