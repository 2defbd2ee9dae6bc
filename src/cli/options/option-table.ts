/**
 * Tables of options: everything that a command understands is declared once. The name of a row is
 * the option (`topK` is `--top-k`); commander's options, the help and the types of the flags follow.
 */
import { type Command, Option } from 'commander';

/** Reads an argument; `words` are the choices, where there are few. */
export interface Parser<T> {
  /**
   * @param flag as written, for messages: `--top-k`
   * @param before what an earlier use of the option gave
   * @throws USAGE
   */
  (text: string, flag: string, before?: T): T;
  words?: readonly string[];
}

interface RowDetails<T> {
  /** One letter: `-t`. */
  short?: string;
  /** What applies when the option is absent, for the help. */
  default?: string;
  /** Value of the flag when the option is absent. */
  initial?: T;
  /** Name of an option that cannot be given beside this one. */
  conflicts?: string;
  /** Older names, which keep working and are not shown. */
  aliases?: readonly string[];
}

/** An option whose flag has the type T. */
export interface Row<T> extends RowDetails<T> {
  help: string;
  /** `<n>`, or `[n]` where it may be left out; a switch has none. */
  argument?: string;
  /** A method, so that rows of all types fit into one table. */
  parse?(text: string, flag: string, before?: T): T;
  words?: readonly string[];
  isRequired?: boolean;
  /** A switch called `--no-name`, which makes the flag false. */
  isNegative?: boolean;
}

type Rows = Readonly<Record<string, Row<unknown>>>;

/** Rows by the heading that the help shows above them. */
export type OptionTable = Readonly<Record<string, Rows>>;

type Joined<T> = (T extends unknown ? (value: T) => void : never) extends (value: infer All) => void
  ? All
  : never;
type RowsOf<Table extends OptionTable> = Joined<Table[keyof Table]>;
type ValueOf<R> = R extends Row<infer T> ? T : never;
type OptionalNames<R> = { [K in keyof R]: undefined extends ValueOf<R[K]> ? K : never }[keyof R];

/** What commander gives a command for the options of its table. */
export type FlagsOf<Table extends OptionTable> = FlagsOfRows<RowsOf<Table>>;
type FlagsOfRows<R> = { [K in Exclude<keyof R, OptionalNames<R>>]: ValueOf<R[K]> } & {
  [K in OptionalNames<R>]?: ValueOf<R[K]>;
};

/** An option that is on when it is given. */
export function on(help: string, details: RowDetails<true> = {}): Row<true | undefined> {
  return { help, ...details };
}

/** An option `--no-…`: on unless it is given. */
export function off(help: string): Row<boolean> {
  return { help, isNegative: true };
}

export function text(
  argument: `<${string}>`,
  help: string,
  details: RowDetails<string> = {},
): Row<string | undefined> {
  return { help, argument, ...details };
}

/** Text that may be left out: the flag is true then. */
export function optionalText(
  argument: `[${string}]`,
  help: string,
  details: RowDetails<string> = {},
): Row<string | true | undefined> {
  return { help, argument, ...details };
}

export function value<T>(
  argument: `<${string}>`,
  parse: Parser<T>,
  help: string,
  details: RowDetails<T> = {},
): Row<T | undefined> {
  const { words } = parse;
  return {
    help,
    argument,
    parse: (given, flag, before) => parse(given, flag, before),
    words,
    ...details,
  };
}

export function required<T>(row: Row<T | undefined>): Row<T> {
  return { ...(row as Row<T>), isRequired: true };
}

/** A row whose flag is never absent. */
export function initially<T>(initial: T, row: Row<T | undefined>): Row<T> {
  return { ...(row as Row<T>), initial };
}

/** Adds the options of a table to a command. */
export function addOptions(command: Command, table: OptionTable): Command {
  for (const [heading, rows] of Object.entries(table)) {
    command.optionsGroup(heading);
    for (const [name, row] of Object.entries(rows)) {
      command.addOption(commanderOption(name, name, row));
      for (const alias of row.aliases ?? []) {
        command.addOption(commanderOption(alias, name, row).hideHelp());
      }
    }
  }
  return command;
}

/** @param shown name on the command line */
function commanderOption(shown: string, name: string, row: Row<unknown>): Option {
  const dashed = shown.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  const flag = `--${row.isNegative ? 'no-' : ''}${dashed}`;
  const short = row.short && shown === name ? `-${row.short}, ` : '';
  const argument = row.argument ? ` ${row.argument}` : '';
  const option = new Option(short + flag + argument, helpText(row));
  option.attributeName = () => name;
  option.mandatory = row.isRequired === true && shown === name;
  if (row.parse)
    option.argParser((given: string, before: unknown) => row.parse?.(given, flag, before));
  if (row.initial !== undefined) option.default(row.initial, String(row.initial));
  return row.conflicts ? option.conflicts(row.conflicts) : option;
}

/** `what it is: its choices; more about it (default: x)` */
function helpText({ help, words, isRequired, default: byDefault }: Row<unknown>): string {
  const [first, ...more] = help.split(/(?=;)/);
  const choices = words ? `: ${words.slice(0, -1).join(', ')} or ${words.at(-1)}` : '';
  const note = isRequired
    ? ' (required)'
    : byDefault === undefined
      ? ''
      : ` (default: ${byDefault})`;
  return first + choices + more.join('') + note;
}
