/** Script of the workers of a page, bundled into one file; the page sends tfjs' wasm binary. */
import { type Port, portWire } from '../remote/web-wire.ts';
import { serveDetector } from './serve-detector.ts';

serveDetector(portWire(globalThis as unknown as Port), { wasmFromClient: true });
