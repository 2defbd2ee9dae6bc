/** Checked values of options, shared by the commands; every message names the option. */
import { Option } from 'commander';
import { MAX_THREADS } from '../backend/emscripten.ts';
import type { Size } from '../detection/views.ts';
import { didYouMean, RefineDetError } from '../errors.ts';
import { inputSide } from '../model/input-size.ts';

export { DATASET_FORMATS, WRITTEN_FORMATS } from '../datasets/dataset-types.ts';

type Parser<T> = (text: string) => T;

/** An option whose value is checked. */
export function option<T>(flags: string, description: string, parse: Parser<T>): Option {
  return new Option(flags, description).argParser<T>(parse);
}

function expected(flag: string, what: string, text: string): RefineDetError {
  return new RefineDetError('USAGE', `${flag} must be ${what}, not "${text}"`);
}

/** A number in [0, 1]. */
export function fraction(flag: string): Parser<number> {
  return (text) => {
    const value = text.trim() === '' ? Number.NaN : Number(text);
    if (value >= 0 && value <= 1) return value;
    throw expected(flag, 'a number from 0 to 1', text);
  };
}

/** A whole number from 1. */
export function count(flag: string, limit = 2 ** 31 - 1): Parser<number> {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : 0;
    if (value >= 1 && value <= limit) return value;
    throw expected(flag, `a whole number from 1${limit < 1e6 ? ` to ${limit}` : ''}`, text);
  };
}

/** One of a few words. */
export function choice<T extends string>(flag: string, words: readonly T[]): Parser<T> {
  return (text) => {
    const word = words.find((candidate) => candidate === text);
    if (word !== undefined) return word;
    const message = `${flag} must be one of ${words.join(', ')}, not "${text}"`;
    throw new RefineDetError('USAGE', message + didYouMean(text, words));
  };
}

/** Threads of the wasm backend. */
function threads(text: string): 'auto' | number {
  if (text === 'auto') return 'auto';
  const count = /^\d+$/.test(text) ? Number(text) : 0;
  if (count >= 1 && count <= MAX_THREADS) return count;
  throw expected('--threads', `auto or a whole number from 1 to ${MAX_THREADS}`, text);
}

/** `320` or `512x384` (width × height), multiples of 64. */
function inputSize(text: string): Size {
  const sides = /^(\d{1,5})(?:[x×](\d{1,5}))?$/.exec(text);
  const width = Number(sides?.[1]);
  const height = Number(sides?.[2] ?? sides?.[1]);
  const [isSide, side] = inputSide();
  if (isSide(width) && isSide(height)) return { width, height };
  throw expected('--input-size', `SIZE or WIDTHxHEIGHT, each ${side}`, text);
}

/** May be repeated. */
export function imageFolderOption(): Option {
  const description = 'where the images are, may be repeated (default: found)';
  return new Option('--image-folder <dir>', description).argParser<string[]>((folder, others) => [
    ...(others ?? []),
    folder,
  ]);
}

/** @param whose network input it replaces */
export function inputSizeOption(whose: string): Option {
  const description = `network input instead of ${whose}: 512, 512x384`;
  return option('--input-size <size>', description, inputSize);
}

export function threadsOption(): Option {
  return option('--threads <n>', 'threads: auto or a number (default: auto)', threads);
}

const MAX_WORKERS = 64;

export function workersOption(): Option {
  const description = 'images at the same time, each on one thread (default: 1)';
  return option('--workers <n>', description, count('--workers', MAX_WORKERS));
}

/** The last lines of a help text. */
export function helpExamples(...lines: string[]): string {
  return ['', 'Examples:', ...lines.map((line) => `  $ refinedet ${line}`)].join('\n');
}
