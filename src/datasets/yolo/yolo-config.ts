/** The data.yaml of a YOLO dataset, as Ultralytics writes it. */
import path from 'node:path';
import {
  type Document,
  isMap,
  isPair,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  Parser,
  parseDocument,
} from 'yaml';
import { RefineDetError } from '../../errors.ts';
import { formatPlace, type Place } from '../check/findings.ts';
import { className } from '../class-name.ts';
import { entryKind, readStartText, readText } from '../dataset-files.ts';
import { canonicalSplit } from '../dataset-source.ts';
import { extendsOne, nameReadings } from '../named-images.ts';
import { splitLines } from '../split-lines.ts';

export interface YoloConfig {
  file: string;
  /** `path`, absolute: what relative entries are relative to. */
  root: string;
  classes: string[];
  /**
   * Index into `classes` by the number in a label: two numbers of one name are one class; -1 for a number
   * without a name.
   */
  classIds: number[];
  /** Folders and list files of each split, absolute. */
  splits: Map<string, string[]>;
  /** Label lines carry keypoints behind the box. */
  keypoints: boolean;
}

/** What is known of folders without a YAML file, and the files that say it. */
export type YoloFolders = YoloConfig & { files: string[] };

const SPLIT_KEYS = ['train', 'val', 'test'];
/** In double quotes a backslash of a Windows path begins an escape. */
const QUOTED_PATH = /^(?:path|train|val|test)\s*:\s*"[^"\n]*"/gm;
const withSlashes = (text: string): string => text.replaceAll('\\', '/');
/** LVIS, with 1,203 class names, has 25 kB. */
const MAX_BYTES = 2 ** 18;
const MAX_ALIASES = 100;
const MAX_DEPTH = 32;
/** Ten thousand names take half as many. Every key of a mapping is compared with all before it. */
const MAX_LEXEMES = 100_000;

/**
 * @throws DATASET_FORMAT naming line or key, FILE_NOT_FOUND
 */
export async function readYoloConfig(file: string): Promise<YoloConfig> {
  const text = await readText(file, { limit: MAX_BYTES });
  const fields = withUsualKeys(parseYaml(text.replace(QUOTED_PATH, withSlashes), file));
  const entries = new Map(SPLIT_KEYS.map((key) => [key, pathList(fields, key, file)]));
  const given = [...entries].filter(([, paths]) => paths.length > 0);
  if (given.length === 0) fail({ file }, `none of the keys ${SPLIT_KEYS.join(', ')} is set`);
  const root = await findRoot(fields.get('path'), given[0][1][0], file);
  const places = await resolveAll(
    root,
    given.flatMap(([, paths]) => paths),
  );
  const names = classNames(fields, file);
  return {
    file,
    root,
    ...numberedClasses(names),
    splits: new Map(given.map(([key, paths]) => [key, paths.map((entry) => places.get(entry)!)])),
    keypoints: fields.has('kpt_shape'),
  };
}

/** Whether a YAML file has the keys of such a configuration: any folder may hold another one. */
export async function looksLikeYoloConfig(file: string): Promise<boolean> {
  const text = await readStartText(file, MAX_BYTES);
  const has = (keys: string) => new RegExp(`^[{ ]*["']?(${keys})["']?\\s*:`, 'm').test(text);
  return has('names') || has([...SPLIT_KEYS, 'valid', 'validation'].join('|'));
}

function fail(place: Place, message: string): never {
  throw new RefineDetError('DATASET_FORMAT', `${formatPlace(place)}: ${message}`);
}

/** Top-level mapping. Maps instead of objects: a key may be `__proto__`. No custom tags. */
function parseYaml(text: string, file: string): ReadonlyMap<unknown, unknown> {
  refuseComplexity(text, file);
  const lineCounter = new LineCounter();
  let value: unknown;
  try {
    // Pretty errors quote their line, and a hostile line has tens of thousands of errors.
    const document = parseDocument(text, { lineCounter, schema: 'core', prettyErrors: false });
    const problem = document.errors[0] ?? document.warnings[0];
    if (problem) {
      fail({ file, line: lineCounter.linePos(problem.pos[0]).line }, problem.message);
    }
    keepText(document);
    value = document.toJS({ mapAsMap: true, maxAliasCount: MAX_ALIASES });
  } catch (cause) {
    // Too many aliases.
    if (cause instanceof RefineDetError) throw cause;
    fail({ file }, cause instanceof Error ? cause.message : 'malformed YAML');
  }
  if (!(value instanceof Map)) fail({ file }, 'the YAML is not a mapping');
  return value;
}

/** Class names as they are written: YAML would take `007`, `1.0` and `3.10` for the numbers 7, 1 and 3.1. */
function keepText(document: Document): void {
  const names = isMap(document.contents) ? document.contents.get('names', true) : undefined;
  const items = isSeq(names) || isMap(names) ? names.items : [];
  for (const item of items) {
    const name = isPair(item) ? item.value : item;
    if (isScalar(name) && typeof name.value === 'number') name.value = name.source;
  }
}

/** Other names of the splits, `valid` and so on, where the usual key is not set. */
function withUsualKeys(fields: ReadonlyMap<unknown, unknown>): ReadonlyMap<unknown, unknown> {
  const others = [...fields].flatMap(([key, value]): [unknown, unknown][] => {
    const split = typeof key === 'string' ? canonicalSplit(key) : '';
    return SPLIT_KEYS.includes(split) ? [[split, value]] : [];
  });
  return new Map([...others, ...fields]);
}

/** Names of classes by number as a list of classes; a number whose name is '' has none. */
export function numberedClasses(
  names: readonly string[],
): Pick<YoloConfig, 'classes' | 'classIds'> {
  const composed = names.map(className);
  const classes = [...new Set(composed)].filter((name) => name !== '');
  const ids = new Map(classes.map((name, classId) => [name, classId]));
  return { classes, classIds: composed.map((name) => ids.get(name) ?? -1) };
}

/** Names of classes by number: a blank line counts, except at the end. */
export async function readClassList(file: string): Promise<string[]> {
  return splitLines((await readText(file)).trimEnd()).map((line) => line.trim());
}

/** Composing a document recurses, and a full stack can end the whole process. */
function refuseComplexity(text: string, file: string): void {
  const parser = new Parser();
  let lexemes = 0;
  for (const lexeme of new Lexer().lex(text)) {
    if (++lexemes > MAX_LEXEMES) fail({ file }, 'the YAML is too long');
    for (const _ of parser.next(lexeme));
    if (parser.stack.length > MAX_DEPTH)
      fail({ file }, `values are nested more than ${MAX_DEPTH} deep`);
  }
}

function pathList(fields: ReadonlyMap<unknown, unknown>, key: string, file: string): string[] {
  const value = fields.get(key) ?? [];
  const list: unknown[] = Array.isArray(value) ? value : [value];
  const strings = list.filter((item): item is string => typeof item === 'string' && item !== '');
  if (strings.length < list.length) fail({ file, key }, 'a path or a list of paths is expected');
  return strings.map(withSlashes);
}

/**
 * `names` is a list, or a mapping from 0, 1, 2, …; `nc`, if given, is their number. Without names they are
 * their numbers.
 */
function classNames(fields: ReadonlyMap<unknown, unknown>, file: string): string[] {
  const nc = fields.get('nc');
  const isCount = typeof nc === 'number' && Number.isInteger(nc) && nc > 0 && nc <= MAX_LEXEMES;
  const numbers = isCount ? Array.from({ length: nc }, (_, i) => String(i)) : undefined;
  const names = fields.get('names') ?? numbers;
  const values = names instanceof Map ? inOrder(names, file) : names;
  if (!Array.isArray(values)) fail({ file, key: 'names' }, 'class names are missing');
  const isName = (value: unknown) => typeof value === 'string' || typeof value === 'number';
  const other = values.findIndex((value) => !isName(value));
  if (other >= 0) fail({ file, key: `names.${other}` }, 'a name is expected');
  const classes = values.map(String);
  if (nc !== undefined && nc !== classes.length) {
    fail({ file, key: 'nc' }, `nc is ${nc} but there are ${classes.length} names`);
  }
  return classes;
}

function inOrder(names: ReadonlyMap<unknown, unknown>, file: string): unknown[] {
  return Array.from({ length: names.size }, (_, i) => {
    const key = names.has(i) ? i : String(i);
    if (!names.has(key))
      fail({ file, key: `names.${i}` }, `class ${i} of ${names.size} is missing`);
    return names.get(key);
  });
}

/**
 * `path` may be relative to the file, to the folder above it (as in `../datasets/x` written for
 * another place), or to the working directory: the first one where the split exists wins, and
 * without one, the file's own folder.
 */
async function findRoot(value: unknown, entry: string, file: string): Promise<string> {
  const own = path.dirname(file);
  if (value === undefined || value === null) return own;
  if (typeof value !== 'string') fail({ file, key: 'path' }, 'a path is expected');
  const candidates = [own, path.dirname(own), process.cwd()].map((base) =>
    path.resolve(base, withSlashes(value)),
  );
  for (const root of [...candidates, own]) {
    if (await resolve(root, entry)) return root;
  }
  return own;
}

/**
 * Paths of entries. One that is not there may be of another machine, or relative to another place
 * (Roboflow says `../train/images` for a folder beside the file): its last parts count then, but not
 * without folders that other entries prove to be here, nor for two entries at once.
 */
async function resolveAll(root: string, entries: readonly string[]): Promise<Map<string, string>> {
  const names = [...new Set(entries)];
  const found = await Promise.all(names.map((entry) => resolve(root, entry)));
  const proven = new Set(found.flatMap((place) => (place ? [place.foreign] : [])));
  const files = found.map((place) => place?.file);
  return new Map(
    names.map((entry, i) => {
      const place = found[i];
      const isOnly = files.indexOf(place?.file) === i && files.lastIndexOf(place?.file) === i;
      const isSure =
        place && (place.foreign === '' || (isOnly && !extendsOne(place.foreign, proven)));
      return [entry, isSure ? place.file : path.resolve(root, entry)];
    }),
  );
}

export async function resolve(
  root: string,
  entry: string,
): Promise<{ file: string; foreign: string } | undefined> {
  const whole = path.resolve(root, entry);
  if ((await entryKind(whole)) !== 'missing') return { file: whole, foreign: '' };
  for (const { rest, foreign } of nameReadings(entry)) {
    const file = path.join(root, rest);
    if ((await entryKind(file)) !== 'missing') return { file, foreign };
  }
  return undefined;
}
