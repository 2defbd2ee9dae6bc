/**
 * The direction of imports, checked by `npm run check`: type-only imports count, and no cycle is allowed.
 * Layers of src from the top: a layer imports from its own row and from rows below it, never from above.
 */
const LAYERS = [
  ['index', 'cli'],
  ['serve', 'fleet', 'worker'],
  ['runner'],
  ['pool', 'training'],
  ['detector', 'detector-contract', 'evaluation', 'video'],
  ['stream', 'report'],
  ['engine', 'detection'],
  ['export'],
  ['weights', 'remote'],
  ['model', 'datasets'],
  ['backend'],
  ['kernels'],
  ['platform'],
  ['image'],
];

/** A folder of src, or a file beside them. */
const pathOf = (names) => `^src/(${names.join('|')})(/|\\.|$)`;

const upward = LAYERS.slice(1).map((row, i) => ({
  name: `not-upward-from-${row.join('-')}`,
  comment: `src/{${row.join(',')}} is below src/{${LAYERS.slice(0, i + 1).flat().join(',')}}.`,
  severity: 'error',
  from: { path: pathOf(row) },
  to: { path: pathOf(LAYERS.slice(0, i + 1).flat()) },
}));

export default {
  forbidden: [
    ...upward,
    {
      name: 'not-upward-from-leaves',
      comment: 'Files beside the folders, such as boxes.ts and errors.ts, import one another only.',
      severity: 'error',
      from: { path: '^src/[^/]+\\.ts$', pathNot: pathOf(LAYERS.flat()) },
      to: { path: pathOf(LAYERS.flat()) },
    },
    {
      name: 'layer-for-each-folder',
      comment: 'Give a new folder of src its row in LAYERS.',
      severity: 'error',
      from: { path: '^src/[^/]+/', pathNot: pathOf(LAYERS.flat()) },
      to: {},
    },
    {
      name: 'no-cycle',
      comment: 'Move what both files need to a file that imports neither.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'src-stands-alone',
      comment: 'The package contains src only.',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(bench|demo|scripts|support|test)/' },
    },
    {
      name: 'server-packages-in-serve',
      comment: 'No other command, and not the library, loads the packages of the server; metrics are those of fleets too.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(serve/|fleet/fleet-metrics)' },
      to: { path: 'node_modules/(hono|@hono|prom-client|typebox|@remix-run)/' },
    },
    {
      name: 'serve-for-serve-only',
      comment: 'The same: what other commands share with the server is beside it.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(serve|cli/serve)/' },
      to: {
        path: '^src/serve/',
        pathNot: '^src/serve/stream-name',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'tests-are-not-imported',
      comment: 'What tests share with benchmarks and scripts is in support/.',
      severity: 'error',
      from: { path: '^(bench|demo|scripts|support)/' },
      to: { path: '^test/' },
    },
    {
      name: 'demo-imports-the-package',
      comment: 'The demo is a user of the package.',
      severity: 'error',
      from: { path: '^demo/src/' },
      to: { path: '^(bench|scripts|support)/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      conditionNames: ['refinedet-source', 'types', 'import', 'node', 'default'],
      exportsFields: ['exports'],
    },
  },
};
