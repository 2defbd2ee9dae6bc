/**
 * Compiles assembly/ to wasm: the kernels that detect and those of training, for plain and for shared memory,
 * each with and without fused products (relaxed SIMD); bundles the script of the threads that run it, and writes all as text to
 * src/kernels/generated: no file has to be located at run time. The ABI of the kernels goes there too,
 * as TypeScript; the text form of the hot kernels goes to build/wat.
 *
 * `--wat` copies that text to assembly/wat, where a change of the generated code shows in review;
 * `--check` fails when the copy is stale. Both compile only what is older than its sources.
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import type { Program } from 'assemblyscript';
import asc, { type Transform } from 'assemblyscript/asc';
import { build } from 'esbuild';
import { knowsFusedProducts } from '../src/kernels/relaxed-simd.ts';
import { pack, writeModule, writeWhole } from './embed.ts';
import { abiText, type KernelProgram } from './kernel-abi.ts';
import { HOT_FILES, hotText } from './kernel-text.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const TARGETS = ['single', 'fused-single', 'threaded', 'fused-threaded'] as const;
type Target = (typeof TARGETS)[number];
/** The modules: source files in assembly/, and what their exports are called in the ABI. */
const MODULES = { detection: 'KernelExports', training: 'TrainingExports' } as const;
type Module = keyof typeof MODULES;
/** The build whose text is kept: what current engines run on one thread. */
const TEXT_TARGET: Target = 'fused-single';
const THREADS = 'src/kernels/parallel';
const SOURCES = [
  'asconfig.json',
  ...filesIn('assembly').filter((file) => file.endsWith('.ts')),
  ...filesIn('scripts').filter((file) => /\/(build-kernels|embed|kernel-\w+)\.ts$/.test(file)),
  `${THREADS}/team-worker.ts`,
  `${THREADS}/board.ts`,
];
const ABI = join(ROOT, 'src/kernels/generated/abi.ts');

/** Compiles all targets of asconfig.json and writes the generated modules. */
async function buildKernels(): Promise<void> {
  writeModule(outputOf('team-worker'), await pack(await bundleWorker()));
  const programs: KernelProgram[] = [];
  const texts: string[] = [];
  for (const [module, exports] of Object.entries(MODULES) as [Module, string][]) {
    for (const target of TARGETS) {
      const { binary, text, program } = await compile(module, target);
      writeModule(outputOf(`${module}-${target}`), await pack(binary));
      process.stderr.write(`kernels (${module}, ${target}): ${binary.length} bytes\n`);
      if (target !== TEXT_TARGET) continue;
      programs.push({ program, entry: `assembly/${module}`, exports });
      texts.push(text);
    }
  }
  writeWhole(ABI, abiText(...programs));
  for (const file of HOT_FILES) writeWhole(builtText(file), hotText(texts, file));
}

/** Compiles what is older than its sources. */
export async function refreshKernels(): Promise<void> {
  if (kernelsAreStale()) await buildKernels();
}

/** Hot kernels whose text in assembly/wat is not that of the last build. */
export function staleTexts(): string[] {
  return HOT_FILES.filter((file) => {
    const kept = keptText(file);
    return (
      !existsSync(kept) || readFileSync(kept, 'utf8') !== readFileSync(builtText(file), 'utf8')
    );
  });
}

function keptText(file: string): string {
  return join(ROOT, `assembly/wat/${file}.wat`);
}

function builtText(file: string): string {
  return join(ROOT, `build/wat/${file}.wat`);
}

function filesIn(folder: string): string[] {
  return readdirSync(join(ROOT, folder)).map((file) => `${folder}/${file}`);
}

async function bundleWorker(): Promise<Uint8Array> {
  const { outputFiles } = await build({
    absWorkingDir: ROOT,
    entryPoints: [`${THREADS}/team-worker.ts`],
    bundle: true,
    minify: true,
    format: 'iife',
    target: 'es2022',
    write: false,
  });
  return outputFiles[0].contents;
}

function outputOf(name: `${Module}-${Target}` | 'team-worker'): string {
  return join(ROOT, `src/kernels/generated/${name}.ts`);
}

/** Whether an output is missing or older than a source. */
function kernelsAreStale(): boolean {
  const modules = (Object.keys(MODULES) as Module[]).flatMap((module) =>
    TARGETS.map((target) => outputOf(`${module}-${target}`)),
  );
  const outputs = [ABI, outputOf('team-worker'), ...modules, ...HOT_FILES.map(builtText)];
  if (!outputs.every(existsSync)) return true;
  const built = Math.min(...outputs.map((output) => statSync(output).mtimeMs));
  return SOURCES.some((file) => statSync(join(ROOT, file)).mtimeMs > built);
}

interface Compiled {
  binary: Uint8Array;
  /** The same in the text format. */
  text: string;
  program: Program;
}

async function compile(module: Module, target: Target): Promise<Compiled> {
  const compiled: Partial<Compiled> = {};
  const transform: Partial<Transform> = {
    afterInitialize: (program) => {
      compiled.program = program;
    },
  };
  const { error, stderr } = await asc.main(
    [
      `assembly/${module}.ts`,
      ...['--config', 'asconfig.json', '--target', target, '--textFile', 'text', '--baseDir', ROOT],
    ],
    {
      writeFile: (_name, contents) => {
        if (typeof contents === 'string') compiled.text = contents;
        else compiled.binary = contents;
      },
      transforms: [transform as Transform],
    },
  );
  if (error) throw new Error(`kernels (${module}, ${target}) do not compile:\n${stderr}`);
  checkModule(compiled.binary!, `${module}, ${target}`);
  return compiled as Compiled;
}

const DATA_SECTION = 11;

/**
 * Checks what the module needs: it works in the memory of tfjs, where static data would overwrite
 * other data, and gets no other import.
 * @throws Error when it has either
 */
export function checkModule(binary: Uint8Array, name: string): void {
  // Node 20 reads relaxed SIMD only with this flag.
  if (!knowsFusedProducts()) setFlagsFromString('--experimental-wasm-relaxed-simd');
  const imports = WebAssembly.Module.imports(new WebAssembly.Module(binary as BufferSource));
  const names = imports.map(({ module, name }) => `${module}.${name}`);
  if (names.join() !== 'env.memory') {
    throw new Error(
      `kernels (${name}) import ${names.join(', ') || 'nothing'}, expected only env.memory`,
    );
  }
  if (sectionIds(binary).includes(DATA_SECTION)) {
    throw new Error(`kernels (${name}) have a static data segment`);
  }
}

/** Ids of the sections after the 8-byte header; each is an id, a LEB128 size and its content. */
function sectionIds(binary: Uint8Array): number[] {
  const ids: number[] = [];
  for (let at = 8; at < binary.length; ) {
    ids.push(binary[at++]);
    let size = 0;
    for (let shift = 0, more = true; more; shift += 7) {
      size |= (binary[at] & 0x7f) << shift;
      more = (binary[at++] & 0x80) !== 0;
    }
    at += size;
  }
  return ids;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const mode = process.argv[2];
  await (mode ? refreshKernels() : buildKernels());
  const stale = mode ? staleTexts() : [];
  if (mode === '--wat') {
    for (const file of stale) writeWhole(keptText(file), readFileSync(builtText(file), 'utf8'));
  } else if (stale.length > 0) {
    process.stderr.write(`stale: ${stale.map(keptText).join(', ')}; run npm run build:wat\n`);
    process.exitCode = 1;
  }
}
