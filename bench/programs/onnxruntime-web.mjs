/** Like refinedet.mjs, but runs the network only: no decoding and no post-processing. */
import { readFile } from 'node:fs/promises';
import { env, InferenceSession, Tensor } from 'onnxruntime-web';
import { report } from './report.mjs';

const [model, , count] = process.argv.slice(2);
env.wasm.numThreads = 1;
const session = await InferenceSession.create(await readFile(model));
const [{ shape }] = session.inputMetadata;
const image = new Tensor('float32', new Float32Array(shape.reduce((a, b) => a * b)), shape);
await report(() => session.run({ image }), Number(count));
