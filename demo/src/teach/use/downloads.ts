/** The trained model as files: for this package, for ONNX runtimes, and as a page that runs it. */

import { loadModel } from '../../../../src/detection/load-model.ts';
import { exportOnnx } from '../../../../src/export/index.ts';
import { saveFile } from '../files/save.ts';

const PLACE = '>MODEL<';

export function saveModel(model: Blob): void {
  saveFile(model, 'model.safetensors');
}

export async function saveOnnx(model: Blob): Promise<void> {
  const bytes = exportOnnx(await loadModel(model));
  saveFile(new Blob([bytes as Uint8Array<ArrayBuffer>]), 'model.onnx');
}

/** @throws an error where the page has not been built */
export async function savePage(model: Blob): Promise<void> {
  const answer = await fetch('ready-page.html');
  const page = await answer.text();
  if (!answer.ok || !page.includes(PLACE))
    throw new Error('ready-page.html is missing on the server');
  const [before, after] = page.split(PLACE);
  saveFile(new Blob([before, '>', await base64(model), '<', after]), 'detector.html');
}

async function base64(blob: Blob): Promise<string> {
  const url = await new Promise<string>((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result as string);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });
  return url.slice(url.indexOf(',') + 1);
}
