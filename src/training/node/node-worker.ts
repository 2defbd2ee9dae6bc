/** Entry of a training worker in Node. */
import { parentWire } from '../../remote/node-wire.ts';
import { serveReplica } from '../data-parallel/remote-replica.ts';

serveReplica(parentWire());
