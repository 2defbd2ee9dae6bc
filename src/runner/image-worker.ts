/** The program of a worker of `detect`, which encodes annotated images too. */
import { webgpu } from '../backend/webgpu.ts';
import { serveDetector } from '../pool/serve-detector.ts';
import { parentWire } from '../remote/node-wire.ts';
import { detectImage } from './detect-image.ts';

serveDetector(parentWire(), { gpu: [webgpu] }, { detectImage });
