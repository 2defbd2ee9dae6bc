/** Checks of options that come from a caller or a JSON file. */
import { didYouMean, RefineDetError } from './errors.ts';
import { suggestName } from './option-names.ts';

/** Rule for a value: a test, the text after "must be", and for a choice the allowed words. */
export type Rule = readonly [
  isValid: (value: unknown) => boolean,
  expected: string,
  words?: readonly string[],
];

const isNumber = (value: unknown): value is number =>
  typeof value === 'number' && Number.isFinite(value);

export function wholeFrom(low: number, high = Number.MAX_SAFE_INTEGER): Rule {
  return [
    (v) => Number.isSafeInteger(v) && (v as number) >= low && (v as number) <= high,
    `a whole number from ${low}${high < Number.MAX_SAFE_INTEGER ? ` to ${high}` : ''}`,
  ];
}

export function numberBetween(low: number, high: number): Rule {
  return [(v) => isNumber(v) && v >= low && v <= high, `a number from ${low} to ${high}`];
}

export const POSITIVE: Rule = [(v) => isNumber(v) && v > 0, 'a number above 0'];
export const NOT_NEGATIVE: Rule = [(v) => isNumber(v) && v >= 0, 'a number from 0'];
export const FRACTION: Rule = numberBetween(0, 1);
/** For decay factors and probabilities, where 1 would leave nothing for new values. */
export const BELOW_ONE: Rule = [(v) => FRACTION[0](v) && v !== 1, 'a number from 0 to below 1'];
export const FLAG: Rule = [(v) => typeof v === 'boolean', 'true or false'];
export const FUNCTION: Rule = [(v) => typeof v === 'function', 'a function'];
/** Checks the fields, not the class: other realms and polyfills have their own classes. */
export const ABORT_SIGNAL: Rule = [
  (v) => typeof v === 'object' && v !== null && 'aborted' in v,
  'an AbortSignal',
];
export const TEXT: Rule = [(v) => typeof v === 'string' && v !== '', 'a text'];

export function oneOf(words: readonly string[]): Rule {
  return [(v) => words.includes(v as string), `one of ${words.join(', ')}`, words];
}

export function orNull([isValid, expected, words]: Rule): Rule {
  return [(v) => v === null || isValid(v), `${expected}, or null`, words];
}

/** Allows undefined, for fields of list items, which have no default. */
export function optional([isValid, ...rest]: Rule): Rule {
  return [(v) => v === undefined || isValid(v), ...rest];
}

export function listOf([isValid, expected]: Rule, least = 0): Rule {
  return [
    (v) => Array.isArray(v) && v.length >= least && v.every(isValid),
    `a list${least > 0 ? ` of at least ${least}` : ''}, each ${expected}`,
  ];
}

/** @throws INVALID_OPTION naming the option and the value */
export function checkValue(name: string, value: unknown, [isValid, expected, words]: Rule): void {
  if (isValid(value)) return;
  const guess = words ? didYouMean(value, words) : '';
  const message = `${name} must be ${expected}, not ${show(value)}${guess}`;
  throw new RefineDetError('INVALID_OPTION', message);
}

const MOST_SHOWN = 80;

/** Formats a value for a message; cuts long values. */
export function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, MOST_SHOWN));
  if (typeof value !== 'object') return String(value).slice(0, MOST_SHOWN);
  try {
    return String(JSON.stringify(value)).slice(0, MOST_SHOWN);
  } catch {
    // The value contains itself, or is nested deeper than the stack.
    return Array.isArray(value) ? 'a list' : 'an object';
  }
}

/** @throws INVALID_OPTION for a value that is not an object */
export function checkObject(name: string, value: unknown): Record<string, unknown> {
  checkValue(name, value, [
    (v) => typeof v === 'object' && v !== null && !Array.isArray(v),
    'an object',
  ]);
  return value as Record<string, unknown>;
}

/**
 * Checks that all names are known.
 * @param prefix prefix of the names in messages: `tiles.`
 * @throws INVALID_OPTION for an unknown name, with a guess or the known names
 */
export function checkNames(prefix: string, value: object, known: readonly string[]): void {
  for (const name of Object.keys(value)) {
    if (known.includes(name)) continue;
    throw new RefineDetError(
      'INVALID_OPTION',
      `unknown option "${prefix}${name}"${suggestName(name, known)}`,
    );
  }
}

/** Checks the fields of a group; the keys of the rules are the known names. */
export function checkFields(
  prefix: string,
  value: object,
  rules: Readonly<Record<string, Rule>>,
): void {
  checkNames(prefix, value, Object.keys(rules));
  for (const [name, rule] of Object.entries(rules)) {
    checkValue(prefix + name, (value as Record<string, unknown>)[name], rule);
  }
}

/** Checks the given fields; absent and undefined fields get defaults elsewhere. */
export function checkGiven(
  prefix: string,
  value: object,
  rules: Readonly<Record<string, Rule>>,
): void {
  checkNames(prefix, value, Object.keys(rules));
  for (const [name, given] of Object.entries(value)) {
    if (given !== undefined) checkValue(prefix + name, given, rules[name]);
  }
}

/**
 * Checks the given options and fills in defaults for absent and undefined ones.
 * @throws INVALID_OPTION naming the option and the value
 */
export function resolveFields<Options extends object, Defaults extends Partial<Options>>(
  name: string,
  options: Options,
  defaults: Defaults,
  rules: Readonly<Record<keyof Options, Rule>>,
): Options & Defaults {
  checkGiven(`${name}.`, checkObject(name, options), rules);
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return { ...defaults, ...(Object.fromEntries(given) as Options) };
}
