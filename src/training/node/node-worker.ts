/** Entry of a training worker in Node. */
import { parentPort } from 'node:worker_threads';
import { serveReplica } from '../data-parallel/remote-replica.ts';

const port = parentPort!;
serveReplica({
  post: (message) => port.postMessage(message),
  listen: (receive) => port.on('message', receive),
});
