/** Entry of a training worker in a browser. */
import { serveReplica } from '../data-parallel/remote-replica.ts';

serveReplica({
  post: (message) => self.postMessage(message),
  listen: (receive) => self.addEventListener('message', ({ data }) => receive(data)),
});
