/** A Python with PyTorch and NumPy, for tests and benchmarks that compare with them. */
import { execFileSync } from 'node:child_process';

const PROGRAMS = ['python3', '/usr/bin/python3'];
let found: { python: string | undefined } | undefined;

/** The first one that has both; undefined without any. The first call takes seconds: it imports them. */
export function findTorch(): string | undefined {
  found ??= { python: PROGRAMS.find(hasTorch) };
  return found.python;
}

function hasTorch(python: string): boolean {
  try {
    execFileSync(python, ['-c', 'import torch, numpy'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
