import { execFileSync } from 'node:child_process';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { shellCommand } from '../../src/cli/shell.ts';
import { isPosix } from '../../support/posix.ts';

afterEach(() => vi.unstubAllEnvs());

describe.skipIf(!isPosix)('a command that is printed', () => {
  it('reaches the program as it is when somebody copies it', () => {
    vi.stubEnv('npm_command', '');
    const words = [
      'train',
      '--out',
      'my run',
      "it's",
      '$HOME',
      'a(b)',
      'x&y',
      '*',
      '',
      'runs/a:b,c',
    ];
    const line = shellCommand(...words).replace(/^refinedet/, 'printf "%s\\n"');
    expect(execFileSync('sh', ['-c', line], { encoding: 'utf8' })).toBe(`${words.join('\n')}\n`);
  });

  it('begins with npx where npx started the program', () => {
    vi.stubEnv('npm_command', 'exec');
    expect(shellCommand('info')).toBe('npx refinedet info');
  });
});
