/** Like refinedet.mjs, but runs the network only: no decoding and no post-processing. */
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { report } from './report.mjs';

const [model, , count] = process.argv.slice(2);
const session = await InferenceSession.create(model, { intraOpNumThreads: 1 });
const [{ shape }] = session.inputMetadata;
const image = new Tensor('float32', new Float32Array(shape.reduce((a, b) => a * b)), shape);
await report(() => session.run({ image }), Number(count));
