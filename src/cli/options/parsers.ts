/** Parsers of arguments; every message names the option and the value. */
import type { Size } from '../../detection/views.ts';
import { didYouMean, RefineDetError } from '../../errors.ts';
import { COCO_TO_VOC } from '../../labels.ts';
import { inputSide } from '../../model/input-size.ts';
import type { InputPhase } from '../../training/config/train-config.ts';
import type { Parser } from './option-table.ts';

function expected(flag: string, what: string, text: string, guess = ''): RefineDetError {
  return new RefineDetError('USAGE', `${flag} must be ${what}, not "${text}"${guess}`);
}

const MAX_PORT = 65_535;

const numberOf = (text: string): number => (text.trim() === '' ? Number.NaN : Number(text));

/** A number in [0, 1]. */
export const fraction: Parser<number> = (text, flag) => {
  const number = numberOf(text);
  if (number >= 0 && number <= 1) return number;
  throw expected(flag, 'a number from 0 to 1', text);
};

/** A number above 0. */
export const positive: Parser<number> = (text, flag) => {
  const number = numberOf(text);
  if (number > 0 && Number.isFinite(number)) return number;
  throw expected(flag, 'a number above 0', text);
};

/** A whole number from 0. */
export const wholeNumber: Parser<number> = (text, flag) => {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw expected(flag, 'a whole number from 0', text);
};

const UNITS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** The longest time of a timer, 24.8 days; Node takes a longer one for none at all. */
const LONGEST = 2 ** 31 - 1;

/** `90`, `90s`, `1.5m`, `500ms` or `1:30`, in milliseconds. */
export const duration: Parser<number> = (text, flag) => timeFrom(0, text, flag);

/** A time above 0, for what would not work without any. */
export const timeLimit: Parser<number> = (text, flag) => timeFrom(1, text, flag);

function timeFrom(least: number, text: string, flag: string): number {
  const time = Math.round(milliseconds(text));
  if (time >= least && time <= LONGEST) return time;
  const range = time < least ? ' above 0' : time > LONGEST ? ' of 24 days at most' : '';
  throw expected(flag, `a time${range} such as 90, 90s, 500ms or 1:30`, text);
}

/** @returns NaN for what is not a time */
function milliseconds(text: string): number {
  const parts = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text);
  if (parts) return Number(parts[1]) * UNITS[parts[2] ?? 's'];
  const clock = /^(?:(\d+):)?(\d{1,2}):(\d{1,2}(?:\.\d+)?)$/.exec(text);
  if (!clock) return Number.NaN;
  const [hours = 0, minutes, seconds] = clock.slice(1).map((part) => Number(part ?? 0));
  return 1000 * (3600 * hours + 60 * minutes + seconds);
}

/** A whole number from 1. */
export function count(limit = 2 ** 31 - 1, prefix = ''): Parser<number> {
  return (text, flag) => {
    const number = /^\d+$/.test(text) ? Number(text) : 0;
    if (number >= 1 && number <= limit) return number;
    const range = limit < 1e6 ? ` to ${limit}` : '';
    throw expected(flag, `${prefix}a whole number from 1${range}`, text);
  };
}

/** Number of a port; 0 is any free one. */
export const port: Parser<number> = (text, flag) => {
  const number = /^\d{1,5}$/.test(text) ? Number(text) : MAX_PORT + 1;
  if (number <= MAX_PORT) return number;
  throw expected(flag, `a whole number from 0 to ${MAX_PORT}`, text);
};

const ON_OFF = ['on', 'off'] as const;

/** One of a few words. */
export function choice<const T extends string>(words: readonly T[]): Parser<T> {
  const parse: Parser<T> = (text, flag) => {
    const word = words.find((candidate) => candidate === text);
    if (word !== undefined) return word;
    throw expected(flag, `one of ${words.join(', ')}`, text, didYouMean(text, words));
  };
  return Object.assign(parse, { words });
}

/** `on` or `off`. */
export const onOrOff: Parser<boolean> = Object.assign(
  (text: string, flag: string) => choice(ON_OFF)(text, flag) === 'on',
  { words: ON_OFF },
);

/** `auto` or a whole number from 1. */
export function autoOrCount(limit: number): Parser<'auto' | number> {
  const parse = count(limit, 'auto or ');
  return (text, flag) => (text === 'auto' ? 'auto' : parse(text, flag));
}

/** `320` or `512x384` (width × height), multiples of 64. */
export const inputSize: Parser<Size> = (text, flag) => {
  const sides = /^(\d{1,5})(?:[x×](\d{1,5}))?$/.exec(text);
  const width = Number(sides?.[1]);
  const height = Number(sides?.[2] ?? sides?.[1]);
  const [isSide, side] = inputSide();
  if (isSide(width) && isSide(height)) return { width, height };
  throw expected(flag, `SIZE or WIDTHxHEIGHT, each ${side}`, text);
};

/** `320`, `256@0,320@0.25`, `256+320+384`: sides in pixels, phases behind `@`. */
export const inputPhases: Parser<InputPhase[]> = (text, flag) =>
  text.split(',').map((phase) => {
    const parts = /^(\d+(?:\+\d+)*)(?:@(\d*\.?\d+))?$/.exec(phase.trim());
    if (!parts) throw expected(flag, 'pixels such as 320 or 256@0,320@0.25', text);
    return { from: Number(parts[2] ?? 0), sizes: parts[1].split('+').map(Number) };
  });

/** `person,dog` */
export function names(text: string): string[] {
  const list = text.split(',').map((name) => name.trim());
  if (!list.includes('')) return list;
  throw new RefineDetError('USAGE', `"${text}" has an empty name; write name,name`);
}

/** `aeroplane=airplane,tvmonitor=tv` or `coco-to-voc`: new names by old name, of all uses together. */
export const classMap: Parser<ReadonlyMap<string, string>> = (text, _flag, before) => {
  if (text === 'coco-to-voc') return new Map([...(before ?? []), ...Object.entries(COCO_TO_VOC)]);
  const pairs = names(text).map((pair): [string, string] => {
    const at = pair.indexOf('=');
    const [from, to] = [pair.slice(0, at).trim(), pair.slice(at + 1).trim()];
    if (at > 0 && from !== '' && to !== '') return [from, to];
    throw new RefineDetError('USAGE', `cannot rename "${pair}"; write old=new or coco-to-voc`);
  });
  return new Map([...(before ?? []), ...pairs]);
};

/** For an option that may be given several times. */
export function listOf<T>(parse: Parser<T>): Parser<T[]> {
  return (text, flag, before = []) => [...before, parse(text, flag)];
}

const BYTES: Readonly<Record<string, number>> = { b: 1, kb: 1e3, mb: 1e6, gb: 1e9 };

/** `20mb`, `500kb`, `1000`: bytes. */
export const byteSize: Parser<number> = (text, flag) => {
  const [, digits, unit = 'b'] = /^(\d*\.?\d+)(b|kb|mb|gb)?$/.exec(text.toLowerCase()) ?? [];
  const number = Math.round(Number(digits) * BYTES[unit]);
  if (number >= 1 && number < 2 ** 31) return number;
  const range = number >= 2 ** 31 ? ' below 2.1gb' : '';
  throw expected(flag, `a size${range} such as 20mb`, text);
};
