/** Times detectors in a web page. Served next to the bundles, see suites/browser.ts. */

/** Milliseconds of calls, for at least `roundMs` after two warm-up calls. */
async function sample(work, roundMs) {
  await work();
  await work();
  const samples = [];
  const end = performance.now() + roundMs;
  do {
    const start = performance.now();
    await work();
    samples.push(performance.now() - start);
  } while (performance.now() < end);
  return samples;
}

/** Pixels for all contenders. */
async function pixels() {
  const answer = await fetch('/image.jpg');
  const bitmap = await createImageBitmap(await answer.blob());
  const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
  context.drawImage(bitmap, 0, 0);
  return context.getImageData(0, 0, bitmap.width, bitmap.height);
}

/** @param backend wasm, webgl or webgpu */
export async function refinedet(backend, threads, roundMs) {
  const { RefineDet } = await import('/lib/gpu/refinedet.js');
  const gpu = backend === 'wasm' ? [] : [(await import(`/lib/gpu/${backend}.js`))[backend]];
  const detector = await RefineDet.load('/model.safetensors', { backend, gpu, threads });
  const image = await pixels();
  return sample(() => detector.detect(image), roundMs);
}

/** Runs the network only. */
export async function onnxruntimeWeb(threads, roundMs) {
  const { env, InferenceSession, Tensor } = await import('/ort/ort.wasm.min.mjs');
  env.wasm.numThreads = threads;
  const session = await InferenceSession.create('/model.onnx');
  const [{ shape }] = session.inputMetadata;
  const image = new Tensor('float32', new Float32Array(shape.reduce((a, b) => a * b)), shape);
  return sample(() => session.run({ image }), roundMs);
}
