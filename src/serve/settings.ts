/** Settings of a request: read from the query or from JSON, checked with their schema. */
import type { TSchema } from 'typebox';
import { Value } from 'typebox/value';
import type { DetectOptions } from '../detection/detect-options.ts';
import { parseJson } from '../json.ts';
import { show } from '../option-checks.ts';
import { suggestName } from '../option-names.ts';
import { ServeError } from './problems.ts';
import { Settings } from './schemas.ts';

/** Settings that are lists: separated by commas in a query, or given several times. */
const LISTS: readonly string[] = ['classes', 'excludeClasses'];

/** @throws REQUEST_INVALID naming the setting and the value */
export function settingsOfQuery(query: URLSearchParams): Settings {
  const given = new Map<string, unknown>();
  for (const name of new Set(query.keys())) {
    const texts = query.getAll(name);
    if (LISTS.includes(name))
      given.set(
        name,
        texts.flatMap((text) => text.split(',')),
      );
    else if (texts.length > 1) throw invalid(`"${shown(name)}" is given twice`);
    else given.set(name, parsedValue(texts[0]));
  }
  return checkedSettings(Object.fromEntries(given));
}

/** @throws REQUEST_INVALID naming the setting and the value */
export function checkedSettings(given: unknown): Settings {
  checkShape(Settings, given, 'the options');
  return given as Settings;
}

/**
 * Checks JSON from a client.
 * @param what name of the value in messages
 * @throws REQUEST_INVALID
 */
export function checkShape(schema: TSchema, given: unknown, what: string): void {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw invalid(`${what} must be an object, not ${show(given)}`);
  }
  const known = Object.keys((schema as unknown as { properties: object }).properties);
  const unknown = Object.keys(given).find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw invalid(`unknown option "${shown(unknown)}"${suggestName(unknown, known)}`);
  }
  if (Value.Check(schema, given)) return;
  const errors = Value.Errors(schema, given);
  // Of a value that may have several types, the range says more than the type.
  const { instancePath, message } = errors.find(({ keyword }) => keyword !== 'type') ?? errors[0];
  const value = Value.Pointer.Get(given, instancePath);
  throw invalid(`${instancePath.slice(1) || what} ${message}, not ${show(value)}`);
}

/** @throws REQUEST_INVALID */
export function parsedJson(text: string, what: string): unknown {
  try {
    return parseJson(text);
  } catch (cause) {
    throw new ServeError('REQUEST_INVALID', `${what} must be JSON`, {}, cause);
  }
}

/** The options of a detector for these settings. */
export function optionsOf({
  threshold,
  nms,
  classes,
  excludeClasses,
  ...others
}: Settings): Omit<DetectOptions, 'signal' | 'onTimings'> {
  return {
    ...others,
    scoreThreshold: threshold,
    nmsThreshold: nms,
    classes: { allow: classes, deny: excludeClasses },
  };
}

function parsedValue(text: string): unknown {
  if (text === 'true' || text === 'false') return text === 'true';
  return text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text;
}

const shown = (name: string) => show(name).slice(1, -1);

const invalid = (message: string) => new ServeError('REQUEST_INVALID', message);
