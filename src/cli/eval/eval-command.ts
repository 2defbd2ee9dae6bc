/** `refinedet eval`: its help; the work is in run-eval.ts. */
import type { Command } from 'commander';
import { RefineDetError } from '../../errors.ts';
import { addCommand } from '../options/add-command.ts';
import { MODEL_WORD } from '../options/common-rows.ts';
import { EVAL_OPTIONS, type EvalFlags } from './eval-options.ts';

export function registerEvalCommand(program: Command): void {
  addCommand(program, {
    name: 'eval',
    description: 'score a model, or existing detections, on a dataset',
    arguments: { '[model]': `the same as --model: ${MODEL_WORD}` },
    options: EVAL_OPTIONS,
    examples: [
      'eval my.safetensors --data VOC2007:test',
      'eval --data coco:val2017 --limit 500 --workers 4 --report report.html',
      'eval --data VOC2007:test --predictions results/ --metric voc12',
      'eval --data coco:val2017 --map coco-to-voc --classes voc --json',
      'eval --metric mot --data MOT17-09 --tracks tracks.txt',
    ],
  }).action(async (argument: string | undefined, flags: EvalFlags) => {
    if (argument !== undefined && flags.model !== undefined) {
      throw new RefineDetError(
        'USAGE',
        `give one model, not ${argument} and --model ${flags.model}`,
      );
    }
    const model = argument ?? flags.model;
    const { runEval } = await import('./run-eval.ts');
    await runEval(model, flags);
  });
}
