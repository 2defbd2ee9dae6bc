// A worker that speaks the pool's protocol and misbehaves on demand.
import { parentPort, workerData } from 'node:worker_threads';

const { data } = workerData.model.weights.get('w');
if (workerData.threads === 9) {
  parentPort.postMessage({ error: { code: 'BACKEND_UNAVAILABLE', message: 'no backend' } });
} else {
  parentPort.postMessage({ ready: true });
}
parentPort.on('message', ({ file, bytes }) => {
  if (file === 'throw') throw new Error('out of luck');
  if (file === 'exit') process.exit(3);
  if (file === 'bad') {
    parentPort.postMessage({ error: { code: 'IMAGE_FORMAT', message: 'not an image' } });
    return;
  }
  if (file === 'hang') return;
  const isShared = data.buffer instanceof SharedArrayBuffer;
  const finding = { width: bytes.length, height: isShared ? data[0] : -1, detections: [] };
  setTimeout(() => parentPort.postMessage({ finding }), file === 'slow' ? 50 : 0);
});
