import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createProgram } from '../../src/cli/program.ts';

const page = readFileSync(new URL('../../docs/cli.md', import.meta.url), 'utf8');

describe('docs/cli.md', () => {
  it.each(['detect', 'info', 'convert', 'export', 'demo'])(
    'has a row for every option of %s',
    (name) => {
      const command = createProgram().commands.find((candidate) => candidate.name() === name)!;
      const section = page.split(`## refinedet ${name}\n`)[1].split('\n## refinedet')[0];
      const rows = section.split('\n').filter((line) => line.startsWith('| `-'));
      const flags = rows.map((row) => row.split(' | ')[0].match(/--[a-z-]+/)?.[0]);
      expect(flags).toEqual(command.options.map(({ long }) => long));
    },
  );

  it('shows how to call every command', () => {
    for (const command of createProgram().commands) {
      expect(page).toContain(`refinedet ${command.name()} `);
    }
  });
});
