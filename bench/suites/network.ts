/** Runs the network alone, for every preset, against ONNX Runtime with the same weights. */
import { VOC_CLASSES } from '../../src/labels.ts';
import type { PresetName } from '../../src/model/presets.ts';
import { summarize } from '../../src/model/summary.ts';
import { presetModel } from '../../support/models/preset-model.ts';
import { measure } from '../harness.ts';
import { withModelFiles } from '../model-files.ts';
import { peakCase } from '../peak.ts';
import type { Group, RunOptions, Suite } from '../suite.ts';
import { takeTurns } from '../turns.ts';
import { RUNTIMES } from './network-child.ts';

const THREADS = [1, 2];
const CHILD = new URL('network-child.ts', import.meta.url);

export const suite: Suite = {
  title: 'Network forward',
  about:
    'One image through the network, 20 classes, without pre- and post-processing. Same weights and ' +
    'number of threads; each measurement runs in its own process, taken in turns. onnxruntime-web ' +
    'is WebAssembly too; onnxruntime-node uses all features of the processor and is the limit of the machine.',
  async run(options) {
    const peak = await machinePeak();
    const groups: Group[] = [];
    for (const preset of options.presets) {
      groups.push(...(await comparePreset(preset, peak, options)));
    }
    return groups;
  },
};

/** GFLOP/s of one thread: multiplications and additions of 128-bit SIMD in registers. */
async function machinePeak(): Promise<number> {
  const { name, run, flops } = await peakCase();
  const [{ low }] = await measure([{ name, run }]);
  return flops / low / 1e6;
}

async function comparePreset(
  preset: PresetName,
  peak: number,
  options: RunOptions,
): Promise<Group[]> {
  const model = presetModel(preset, { classes: VOC_CLASSES });
  const { inputHeight, inputWidth } = model.config;
  const { macs } = summarize(model.graph, inputHeight, inputWidth);
  return withModelFiles(model, async (files) => {
    const groups: Group[] = [];
    for (const threads of THREADS) {
      const timings = await takeTurns(CHILD, RUNTIMES, { files, threads }, options);
      const cases = timings.map((timing) => {
        const speed = (2 * macs) / timing.median / 1e6;
        const share = (100 * speed) / (peak * threads);
        return {
          ...timing,
          note: `${speed.toFixed(0)} GFLOP/s, ${share.toFixed(0)} % of SIMD peak`,
        };
      });
      const title = `${preset}, ${threads} thread${threads > 1 ? 's' : ''}`;
      groups.push({ title, unit: 'ms', cases });
    }
    return groups;
  });
}
