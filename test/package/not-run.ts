/** Command lines of the documents that no test runs, and why; whether they are right is checked all the same. */
interface Exception {
  of: RegExp;
  because: string;
}

export const NOT_RUN: readonly Exception[] = [
  { of: /^npm (ci|install)\b/, because: 'installs from the registry; every run of CI begins so' },
  { of: /^npm (run|test)\b/, because: 'is what CI runs itself, or a benchmark of many minutes' },
  {
    of: /^npx tsx .*\bbench\//,
    because: 'measures or trains for many minutes, on data of one’s own',
  },
  { of: / --backend webgpu\b/, because: 'needs a GPU' },
];

export function isRun(command: string): boolean {
  return !NOT_RUN.some(({ of }) => of.test(command));
}
