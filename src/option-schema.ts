/**
 * Nested options as plain data. A schema maps each option name to a rule and a default, or to the
 * schema of a group. Callers may give any part of a group, at any depth.
 */
import { checkFields, checkNames, checkObject, checkValue, type Rule } from './option-checks.ts';

/** Checks a value that has more than one part; throws INVALID_OPTION. */
type Check = (path: string, value: unknown) => void;
type Value<T> = readonly [rule: Rule | Check, byDefault: T];
type Group<T> = T extends readonly unknown[] ? never : T extends object ? Schema<T> : never;

/** Rules and defaults of the options T; the type requires exactly the names of T. */
export type Schema<T> = { readonly [Name in keyof T]-?: Value<T[Name]> | Group<T[Name]> };

/** The options T, all of them optional at any depth. */
export type PartialOptions<T> = T extends readonly unknown[]
  ? T
  : T extends object
    ? { [Name in keyof T]?: PartialOptions<T[Name]> }
    : T;

/**
 * Checks the given options and fills in defaults for absent and undefined ones.
 * @param path name of the group, empty for the options themselves
 * @throws INVALID_OPTION naming the option with its path, the value and what is allowed
 */
export function resolveOptions<T>(path: string, given: unknown, schema: Schema<T>): T {
  const values = checkObject(path || 'the options', given);
  const prefix = path && `${path}.`;
  checkNames(prefix, values, Object.keys(schema));
  const resolved = Object.entries<Value<unknown> | object>(schema).map(([name, entry]) => {
    const value = values[name];
    if (!isValue(entry)) {
      const group = value === undefined ? {} : value;
      return [name, resolveOptions(prefix + name, group, entry as Schema<object>)];
    }
    const [rule, byDefault] = entry;
    if (value === undefined) return [name, byDefault];
    if (typeof rule === 'function') rule(prefix + name, value);
    else checkValue(prefix + name, value, rule);
    return [name, value];
  });
  return Object.fromEntries(resolved) as T;
}

function isValue(entry: object): entry is Value<unknown> {
  return Array.isArray(entry);
}

/** Checks a list of objects with these fields. */
export function itemsOf(fields: Readonly<Record<string, Rule>>, least = 0): Check {
  const expected = `a list of ${least > 0 ? `at least ${least} ` : ''}{ ${Object.keys(fields).join(', ')} }`;
  return (path, list) => {
    checkValue(path, list, [(v) => Array.isArray(v) && v.length >= least, expected]);
    for (const [i, item] of (list as unknown[]).entries()) {
      checkFields(`${path}[${i}].`, checkObject(`${path}[${i}]`, item), fields);
    }
  };
}

/** Checks an object with any keys whose values follow one rule. */
export function mapOf(rule: Rule): Check {
  return (path, map) => {
    for (const [name, value] of Object.entries(checkObject(path, map))) {
      checkValue(`${path}[${JSON.stringify(name)}]`, value, rule);
    }
  };
}
