import { readFileSync } from 'node:fs';
import type { Command, Option } from 'commander';
import { describe, expect, it } from 'vitest';
import { createProgram } from '../../src/cli/program.ts';

const page = readFileSync(new URL('../../docs/cli.md', import.meta.url), 'utf8');

/** Commands that do something, by what is typed: `dataset check`. */
function commandsOf(parent: Command, words: string[] = []): [string, Command][] {
  return parent.commands
    .filter((command) => command.name() !== 'help')
    .flatMap((command): [string, Command][] => {
      const path = [...words, command.name()];
      return command.commands.length > 0 ? commandsOf(command, path) : [[path.join(' '), command]];
    });
}

/** The cells of the table below a command's heading. */
function rowsOf(name: string): string[][] {
  const section = page.split(new RegExp(`^##+ refinedet ${name}\n`, 'm'))[1] ?? '';
  const lines = section
    .split(/^##/m)[0]
    .split('\n')
    .filter((line) => line.startsWith('| `-'));
  return lines.map((line) => line.slice(2, -2).split(' | '));
}

const written = ({ flags }: Option) =>
  flags
    .split(', ')
    .map((flag) => `\`${flag.replace('|', '\\|')}\``)
    .join(', ');

const DEFAULT = / \(default: (.*)\)$/;
const CHOICES = /: ((?:[\w-]+, )*[\w-]+ or [\w-]+)(?:$|;)/;

describe('docs/cli.md', () => {
  const commands = commandsOf(createProgram());
  it.each(commands)('has every option of %s, with its choices and its default', (name, command) => {
    const options = command.options.filter(({ hidden }) => !hidden);
    const rows = rowsOf(name);
    expect(rows.map(([option]) => option)).toEqual(options.map(written));
    options.forEach(({ description, mandatory, defaultValueDescription }, i) => {
      const [, meaning, byDefault] = rows[i].map((cell) => cell.replaceAll('`', ''));
      const stated = DEFAULT.exec(description)?.[1] ?? defaultValueDescription;
      expect(byDefault).toContain(mandatory ? 'required' : (stated ?? ''));
      const choices = CHOICES.exec(description.replace(DEFAULT, ''))?.[1] ?? '';
      for (const word of choices.split(/, | or /)) expect(meaning).toContain(word);
    });
  });

  it('shows how to call every command', () => {
    for (const command of createProgram().commands) {
      expect(page).toContain(`refinedet ${command.name()} `);
    }
  });
});
