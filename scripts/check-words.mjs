/** Fails on words to avoid (see CONTRIBUTING.md), with file, line and a better word. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';

const ROOTS = [
  'src',
  'assembly',
  'docs',
  'demo',
  'README.md',
  'models/README.md',
  'models/training.md',
];
const TEXT = /\.(ts|mjs|md|html|css)$/;
/** Generated files, and folders of other tools. */
const SKIPPED = /(^|\/)(generated|node_modules|dist)(\/|$)/;

/** Each pattern with advice. */
const PATTERNS = [
  [/\bpictures?\b/i, 'image'],
  [/\bdata sets?\b/i, 'dataset'],
  [/\b(who|what)ever\b/i, 'a subject, or "any"'],
  [/\bis no (?!longer\b)/, 'is not a'],
  [/\* Of /, 'a noun in front: "Number of", "Name of"'],
  [/\blook(s|ed|ing)? at\b/i, 'detect in, check, see'],
  [/\b(stands|stood)\b/i, 'is'],
  [/\btold\b/i, 'reported, receives'],
  [
    /\b(colour|licence|centre|behaviour|grey|normalis|optimis(?!ti)|initialis|generalis)/i,
    'American spelling',
  ],
];

const files = ROOTS.flatMap(filesOf).filter((file) => TEXT.test(file) && !SKIPPED.test(file));
const problems = files.flatMap((file) =>
  readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((line, i) =>
      PATTERNS.filter(([pattern]) => pattern.test(line)).map(
        ([pattern, better]) =>
          `${file}:${i + 1}: "${pattern.exec(line)?.[0].trim()}": write ${better}`,
      ),
    ),
);
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exitCode = 1;

function filesOf(root) {
  if (statSync(root).isFile()) return [root];
  return readdirSync(root, { recursive: true }).map((file) =>
    path.posix.join(root, String(file).replaceAll('\\', '/')),
  );
}
