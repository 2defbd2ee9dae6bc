/** `refinedet export`: a model file to an ONNX file. */
import { exportOnnx, ONNX_OPSET } from '../../export/onnx/export-onnx.ts';
import { withInputSize } from '../../model/input-size.ts';
import { interruptSignal } from '../interrupt.ts';
import { modelLine } from '../model-line.ts';
import { loadNamedModel } from '../model-source.ts';
import { requireAbsent, requireOther, writeWhole } from '../output-files.ts';
import { printable } from '../printable.ts';
import { print } from '../terminal.ts';
import type { ExportFlags } from './export-options.ts';

/** @throws USAGE, FILE_*, FETCH_FAILED, MODEL_*, NO_DEFAULT_MODEL, INVALID_ARGUMENT */
export async function runExport(name: string, target: string, flags: ExportFlags): Promise<void> {
  await requireOther(name, target);
  const { force, inputSize, dynamicBatch, dtype = 'f32' } = flags;
  if (!force) await requireAbsent([target]);
  const model = withInputSize(await loadNamedModel(name, interruptSignal()), inputSize);
  const file = exportOnnx(model, { dynamicBatch, dtype });
  await writeWhole(target, file);
  const { inputWidth, inputHeight } = model.config;
  const about = [`opset ${ONNX_OPSET}`, `input ${inputWidth}×${inputHeight}`, dtype];
  const size = `${(file.length / 1e6).toFixed(1)} MB`;
  const lines = [modelLine(model), `wrote ${target}: ${[...about, size].join(', ')}`];
  await print(lines.map((line) => `${printable(line)}\n`).join(''));
}
