/** Backends that the page offers, and why one is unavailable. */

export type Backend = 'wasm' | 'webgl' | 'webgpu' | 'auto';

/** Displayed names of the backends that a detector can report. */
export const BACKEND_NAMES = {
  wasm: 'WebAssembly',
  webgl: 'WebGL',
  webgpu: 'WebGPU',
  cpu: 'JavaScript',
  onnxruntime: 'ONNX Runtime',
} as const;

export const CHOICES: readonly { value: Backend; name: string; about: string }[] = [
  { value: 'wasm', name: 'WebAssembly', about: 'On the processor. Works everywhere.' },
  { value: 'webgl', name: 'WebGL', about: 'On the graphics card.' },
  { value: 'webgpu', name: 'WebGPU', about: 'On the graphics card, in newer browsers.' },
  { value: 'auto', name: 'The fastest', about: 'Measures each once, then takes the fastest.' },
];

/** The reason why a backend cannot run here; undefined when it can. */
export async function unavailable(backend: Backend): Promise<string | undefined> {
  if (backend === 'webgl')
    return webglRenderer() ? undefined : 'Not available: this browser finds no graphics card.';
  if (backend === 'webgpu') return withoutWebgpu();
  if (backend === 'wasm') return undefined;
  const isAlone = !webglRenderer() && (await withoutWebgpu());
  return isAlone ? 'Only WebAssembly is available here.' : undefined;
}

/** What a backend runs on, if that is not what its description says. */
export function remark(backend: Backend): string | undefined {
  if (backend !== 'webgl' || !/swiftshader|llvmpipe|basic render/i.test(webglRenderer() ?? '')) {
    return undefined;
  }
  return 'Without a graphics card here: slower than WebAssembly.';
}

/** Name of the graphics card; undefined without WebGL 2. */
function webglRenderer(): string | undefined {
  const context = document.createElement('canvas').getContext('webgl2');
  if (!context) return undefined;
  const names = context.getExtension('WEBGL_debug_renderer_info');
  const name = context.getParameter(names ? names.UNMASKED_RENDERER_WEBGL : context.RENDERER);
  context.getExtension('WEBGL_lose_context')?.loseContext();
  return String(name);
}

async function withoutWebgpu(): Promise<string | undefined> {
  if (!isSecureContext) return 'Not available: WebGPU needs https or localhost.';
  const { gpu } = navigator as { gpu?: { requestAdapter(): Promise<unknown> } };
  if (!gpu) return 'Not available: this browser does not have WebGPU.';
  const adapter = await gpu.requestAdapter().catch(() => null);
  return adapter ? undefined : 'Not available: this browser finds no graphics card for WebGPU.';
}
