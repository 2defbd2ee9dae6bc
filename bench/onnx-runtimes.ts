/** The two builds of ONNX Runtime behind one interface. */
import * as node from 'onnxruntime-node';
import * as web from 'onnxruntime-web';

export interface OnnxSession {
  inputShape: readonly number[];
  /** @returns the heads, [N, width] each */
  run(input: Float32Array): Promise<Record<string, Float32Array>>;
}

/** WebAssembly, with SIMD. */
export async function ortWeb(file: Uint8Array, threads: number): Promise<OnnxSession> {
  web.env.wasm.numThreads = threads;
  return onnxSession(await web.InferenceSession.create(file), web.Tensor);
}

/** Native code. */
export async function ortNode(file: Uint8Array, threads: number): Promise<OnnxSession> {
  const options = { intraOpNumThreads: threads, interOpNumThreads: 1 };
  return onnxSession(await node.InferenceSession.create(file, options), node.Tensor);
}

function onnxSession(
  session: web.InferenceSession | node.InferenceSession,
  Tensor: typeof web.Tensor,
): OnnxSession {
  const [{ name, ...about }] = session.inputMetadata;
  const inputShape = (about as { shape: readonly number[] }).shape;
  return {
    inputShape,
    async run(input) {
      const heads = await session.run({ [name]: new Tensor('float32', input, inputShape) });
      const arrays = Object.entries(heads).map(([head, { data }]) => [head, data]);
      return Object.fromEntries(arrays) as Record<string, Float32Array>;
    },
  };
}
