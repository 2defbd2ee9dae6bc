/** The script of a page's workers, bundled into one file: the page brings tfjs' wasm along. */
import { type Port, portWire } from '../remote/web-wire.ts';
import { serveDetector } from './serve-detector.ts';

serveDetector(portWire(globalThis as unknown as Port), { wasmFromClient: true });
