/**
 * Frees the declarations in dist/ from those of TensorFlow.js, which compile only with other packages' types
 * and `skipLibCheck`. Runs after `tsc`. Declarations of refinedet/train keep them: their tensors are for
 * functions of TensorFlow.js.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** All that a program reaches from the entries that detect. */
const DECLARATIONS = [
  'backend/tfjs.d.ts',
  'backend/wasm.d.ts',
  'detection/image-source.d.ts',
  'detector.d.ts',
  'engine/engine.d.ts',
  'platform/platform.d.ts',
];

const TYPES = `/** What the declarations use of TensorFlow.js. Its tensors have these types; to use one of these there, cast it. */
type Values = Float32Array | Int32Array | Uint8Array;
export interface Tensor {
    readonly shape: number[];
    readonly dtype: string;
    readonly size: number;
    data(): Promise<Values>;
    dataSync(): Values;
    dispose(): void;
}
export interface Tensor3D extends Tensor {
    readonly shape: [number, number, number];
}
export interface Tensor4D extends Tensor {
    readonly shape: [number, number, number, number];
}
export interface KernelBackend {
}
`;

/** @param dist folder of the compiled package */
export function plainTypes(dist: string): void {
  for (const name of DECLARATIONS) {
    const file = path.join(dist, name);
    const target = path.posix.relative(path.posix.dirname(name), 'tfjs-types.ts');
    const own = target.startsWith('.') ? target : `./${target}`;
    const text = readFileSync(file, 'utf8').replace(/'@tensorflow\/tfjs-core'/, `'${own}'`);
    writeFileSync(file, text);
  }
  writeFileSync(path.join(dist, 'tfjs-types.d.ts'), TYPES);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  plainTypes(fileURLToPath(new URL('../dist', import.meta.url)));
}
