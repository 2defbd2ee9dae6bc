import { expect, it } from 'vitest';
import { CONDITION, inProcess } from './processes.ts';

/** `start` and `forward` of the light network; with absolute paths, so that it works in a worker too. */
const FORWARD = `
  const load = (path) => import('file://' + process.cwd() + path);
  const { Network, disposeHeads } = await load('/src/model/network.ts');
  const { randomModel } = await load('/support/models/random-model.ts');
  const { createHash } = await import('node:crypto');
  const { graph, weights } = randomModel();
  const forward = (network, input) => {
    const hash = createHash('sha256');
    const heads = network.forward(input);
    for (const level of heads) for (const map of Object.values(level)) hash.update(map.dataSync());
    disposeHeads(heads);
    return hash.digest('hex');
  };
  const start = async (threads) => {
    const { heap } = await wasmRuntime(threads);
    const input = tf.randomUniform([2, 128, 128, 3], -1, 1, 'float32', 7);
    return { heap, input, network: new Network(graph, weights) };
  };`;

/** Number of threads of tfjs' own kernels. */
const TFJS_THREADS = `const threads = () => tf.backend().wasm.tfjs.getThreadsCount();`;

/** Checksum of the outputs of a forward pass. */
async function hashOf(threads: number): Promise<string> {
  const { stdout, stderr } = await inProcess(`${FORWARD}
    const { network, input } = await start(${threads});
    const hashes = new Set(Array.from({ length: 5 }, () => forward(network, input)));
    console.log([...hashes].join());`);
  expect(stderr).toBe('');
  return stdout.trim();
}

it('any number of threads gives the same bits in every pass, and the process ends', async () => {
  const [one, ...others] = await Promise.all([1, 2, 3, 4].map(hashOf));
  expect(one).toMatch(/^[0-9a-f]{64}$/);
  expect(others).toEqual([one, one, one]);
});

it('threads leak neither tensors nor heap memory', async () => {
  const { stdout } = await inProcess(`${FORWARD}
    const { heap, network, input } = await start(2);
    const state = () => [tf.memory().numTensors, heap.memory.buffer.byteLength].join();
    forward(network, input);
    const before = state();
    for (let i = 0; i < 20; i++) forward(network, input);
    console.log(before === state());`);
  expect(stdout.trim()).toBe('true');
});

it('threads work inside worker_threads', async () => {
  const { stdout, stderr } = await inProcess(`
    const { Worker } = await import('node:worker_threads');
    const source = \`(async () => {
      (await import('tsx/esm/api')).register();
      const { wasmRuntime } = await import('file://' + process.cwd() + '/src/backend/wasm.ts');
      const tf = await import('@tensorflow/tfjs-core');
      ${FORWARD}
      const { network, input } = await start(2);
      console.log(forward(network, input));
    })()\`;
    new Worker(source, { eval: true, execArgv: ['${CONDITION}'] });`);
  expect(stderr).toBe('');
  expect(stdout.trim()).toBe(await hashOf(1));
});

it('threads end with the backend', async () => {
  const { stdout } = await inProcess(`
    const { Worker } = await import('node:worker_threads');
    const ended = new Set();
    const { terminate } = Worker.prototype;
    Worker.prototype.terminate = function () {
      ended.add(this);
      return terminate.call(this);
    };
    await wasmRuntime(3, console.log);
    ${TFJS_THREADS}
    tf.softmax(tf.ones([1, 2]));
    while (threads() < 3) await new Promise((resolve) => setTimeout(resolve, 5));
    tf.removeBackend('wasm');
    // Two for tfjs, two for the layers.
    console.log(ended.size);`);
  expect(stdout.trim()).toBe('4');
});

it('those of tfjs start with the first of its kernels, which a light network does not need', async () => {
  const { stdout, stderr } = await inProcess(`${FORWARD}
    const { network, input } = await start(3);
    ${TFJS_THREADS}
    const counts = [forward(network, input), threads()].slice(1);
    const [x, w] = [tf.ones([1, 64, 64, 16]), tf.ones([3, 3, 16, 16])];
    const sum = () => tf.tidy(() => tf.sum(tf.conv2d(x, w, 1, 1)).dataSync()[0]);
    const sums = new Set();
    while (threads() < 3) {
      sums.add(sum());
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    sums.add(sum());
    console.log(counts.join(), threads(), sums.size);`);
  expect(stdout.trim()).toBe('1 3 1');
  expect(stderr).toBe('');
});
