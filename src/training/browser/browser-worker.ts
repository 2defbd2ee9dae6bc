/** Entry of a training worker in a browser. */
// Detection registers only the kernels that it needs; the gradients of some layers need more.
import '@tensorflow/tfjs-backend-wasm/dist/register_all_kernels.js';
import { type Port, portWire } from '../../remote/web-wire.ts';
import { serveReplica } from '../data-parallel/remote-replica.ts';

serveReplica(portWire(globalThis as unknown as Port));
