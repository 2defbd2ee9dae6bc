/** Types in pages of the test server, see server.ts. */
interface TestLibraries {
  refinedet: typeof import('../../src/index.ts');
  pool: typeof import('../../src/pool/index.ts');
  worker: typeof import('../../src/worker/index.ts');
  'gpu/refinedet': typeof import('../../src/index.ts');
  'gpu/webgl': typeof import('../../src/backend/webgl.ts');
  'gpu/webgpu': typeof import('../../src/backend/webgpu.ts');
}
declare function lib<Name extends keyof TestLibraries>(name: Name): Promise<TestLibraries[Name]>;

/** What a test has left there for its next step. */
declare var detector: import('../../src/detector-contract.ts').Detector;

/** WebGL contexts that /contexts.js of gpu.test.ts records. */
declare var contexts: WebGL2RenderingContext[];

interface Performance {
  /** Memory of the page and its workers, in isolated pages. */
  measureUserAgentSpecificMemory(): Promise<{ bytes: number }>;
}
