/** A Python with PyTorch and NumPy, for tests and benchmarks that compare with them. */
import { hasPart } from './optional-parts.ts';
import { works } from './works.ts';

const PROGRAMS = ['python3', '/usr/bin/python3'];
let found: { python: string | undefined } | undefined;

/** The first one that has both; undefined without any. The first call takes seconds: it imports them. */
export function findTorch(): string | undefined {
  found ??= { python: PROGRAMS.find(hasTorch) };
  return found.python;
}

/** The same for tests, which fail in CI without any. */
export function torchOfTests(): string | undefined {
  const python = findTorch();
  hasPart('torch', python ? undefined : 'python3 has no torch or no numpy');
  return python;
}

function hasTorch(python: string): boolean {
  return works(python, '-c', 'import torch, numpy');
}
