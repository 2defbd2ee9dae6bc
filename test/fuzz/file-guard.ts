/** Records which files a function opens, lists, writes or removes; existence checks are allowed. */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import path from 'node:path';

const WATCHED = [
  ...['appendFile', 'copyFile', 'link', 'mkdir', 'open', 'opendir', 'readFile', 'readdir'],
  ...['rename', 'rm', 'rmdir', 'symlink', 'truncate', 'unlink', 'writeFile'],
].flatMap((name) => [name, `${name}Sync`]);

type AnyFunction = (...given: unknown[]) => unknown;

/** Receives the path of every file while a guard is active. */
let listener: ((file: string) => void) | undefined;
let isInstalled = false;

/** @returns `files`: paths outside `folder` */
export async function filesTouchedBy<T>(
  run: () => Promise<T>,
  folder: string,
): Promise<{ result: T; files: string[] }> {
  install();
  const files: string[] = [];
  listener = (file) => {
    const relative = path.relative(folder, path.resolve(file));
    // A folder may be called `..images`.
    if (/^\.\.([\\/]|$)/.test(relative) || path.isAbsolute(relative)) files.push(file);
  };
  try {
    return { result: await run(), files };
  } finally {
    listener = undefined;
  }
}

/** Stays installed: patching the functions that modules import by name takes long. */
function install(): void {
  if (isInstalled) return;
  isInstalled = true;
  for (const module of [fs.promises, fs] as unknown as Record<string, AnyFunction>[]) {
    for (const name of WATCHED) {
      const original = module[name];
      if (!original) continue;
      module[name] = (...given) => {
        if (typeof given[0] === 'string') listener?.(given[0]);
        return original.apply(module, given);
      };
    }
  }
  syncBuiltinESMExports();
}
