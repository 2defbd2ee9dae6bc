/** Commands with their arguments, options and examples. */
import type { Command } from 'commander';
import { addOptions, type OptionTable } from './option-table.ts';

interface CommandParts {
  name: string;
  description: string;
  /** Help by argument: `<in>`, `[model]`, `[inputs...]`. */
  arguments?: Readonly<Record<string, string>>;
  options: OptionTable;
  /** Command lines without the name of the program. */
  examples: readonly string[];
}

/** Adds a command to the program, or to the command that it belongs to. */
export function addCommand(parent: Command, parts: CommandParts): Command {
  const command = parent.command(parts.name).description(parts.description);
  for (const [name, help] of Object.entries(parts.arguments ?? {})) command.argument(name, help);
  return addOptions(command, parts.options).addHelpText('after', helpExamples(parts.examples));
}

/** The last lines of a help text. */
export function helpExamples(lines: readonly string[]): string {
  return ['', 'Examples:', ...lines.map((line) => `  $ refinedet ${line}`)].join('\n');
}
