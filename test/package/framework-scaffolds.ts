/** What the generators of the frameworks create around the files of a section: no more than needed. */

interface Scaffold {
  packages: string[];
  files: Record<string, string>;
}

const REACT_PACKAGES = ['react', 'react-dom', 'typescript@5.9', '@types/react', '@types/react-dom'];

const tsconfig = (options: object) =>
  JSON.stringify({
    compilerOptions: {
      strict: true,
      target: 'es2023',
      lib: ['es2023', 'dom', 'dom.iterable'],
      module: 'esnext',
      moduleResolution: 'bundler',
      noEmit: true,
      ...options,
    },
    include: ['**/*.ts', '**/*.tsx'],
    exclude: ['node_modules'],
  });

export const REACT: Scaffold = {
  packages: ['vite', ...REACT_PACKAGES],
  files: {
    'index.html': `<!doctype html><link rel="icon" href="data:,"><div id="root"></div>
      <script type="module" src="/src/main.tsx"></script>`,
    'tsconfig.json': tsconfig({ jsx: 'react-jsx', types: [], skipLibCheck: true }),
  },
};

export const NEXT: Scaffold = {
  packages: ['next', '@types/node', ...REACT_PACKAGES],
  files: {
    'app/layout.tsx': `export default function Layout({ children }: { children: React.ReactNode }) {
      return (<html lang="en"><body>{children}</body></html>);
    }`,
    'tsconfig.json': tsconfig({ jsx: 'react-jsx', skipLibCheck: true, isolatedModules: true }),
  },
};

export const SVELTEKIT: Scaffold = {
  packages: [
    'vite',
    'svelte',
    // The versions for Node 20: npm selects that of each package alone.
    '@sveltejs/kit@2',
    '@sveltejs/adapter-node@5',
    '@sveltejs/vite-plugin-svelte',
  ],
  files: {
    'vite.config.js': `import { sveltekit } from '@sveltejs/kit/vite';
      export default { plugins: [sveltekit()] };`,
    'svelte.config.js': `import adapter from '@sveltejs/adapter-node';
      export default { kit: { adapter: adapter() } };`,
    'src/app.html': `<!doctype html><html lang="en"><head>%sveltekit.head%</head>
      <body>%sveltekit.body%</body></html>`,
  },
};
