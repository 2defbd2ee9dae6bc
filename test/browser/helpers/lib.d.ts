/** In pages of the test server, see server.ts. */
interface TestLibraries {
  refinedet: typeof import('../../../src/index.ts');
  worker: typeof import('../../../src/worker/index.ts');
  'gpu/refinedet': typeof import('../../../src/index.ts');
  'gpu/webgl': typeof import('../../../src/backend/webgl.ts');
  'gpu/webgpu': typeof import('../../../src/backend/webgpu.ts');
}
declare function lib<Name extends keyof TestLibraries>(name: Name): Promise<TestLibraries[Name]>;
