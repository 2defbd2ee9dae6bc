/** `refinedet help [command...]`. */
import type { Command } from 'commander';
import { didYouMean, RefineDetError } from '../errors.ts';

/** Adds the command `help`. */
export function registerHelpCommand(program: Command): void {
  program
    .command('help')
    .argument('[command...]')
    .description('print the help of a command')
    .action((words: string[]) => words.reduce(subcommand, program).help());
}

/** @throws USAGE */
function subcommand(parent: Command, name: string): Command {
  const { commands } = parent;
  const found = commands.find((command) => command.name() === name);
  if (found) return found;
  const names = commands.map((command) => command.name());
  throw new RefineDetError('USAGE', `unknown command "${name}"${didYouMean(name, names)}`);
}
