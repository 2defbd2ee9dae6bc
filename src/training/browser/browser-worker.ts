/** Entry of a training worker in a browser. */
// Detection brings the kernels that it needs itself; the gradients of some layers need more.
import '@tensorflow/tfjs-backend-wasm/dist/register_all_kernels.js';
import { type Port, portWire } from '../../remote/web-wire.ts';
import { serveReplica } from '../data-parallel/remote-replica.ts';

serveReplica(portWire(globalThis as unknown as Port));
