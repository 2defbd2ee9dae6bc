/** Numbers of workers. */
import { type Rule, wholeFrom } from '../option-checks.ts';

/** Highest number of workers: beyond the cores of most servers, more workers only cost memory. */
export const MOST_WORKERS = 256;

const COUNT = wholeFrom(1, MOST_WORKERS);

/** Rule of the option `workers`. */
export const WORKERS: Rule = [(v) => v === 'auto' || COUNT[0](v), `"auto" or ${COUNT[1]}`];
