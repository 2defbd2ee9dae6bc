/** Program of a worker thread. */
import { parentWire } from '../remote/node-wire.ts';
import { serveDetector } from './serve-detector.ts';

serveDetector(parentWire());
