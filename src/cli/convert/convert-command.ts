/** `refinedet convert`: the options; the work is in ../convert/run.ts. */
import type { Command } from 'commander';
import { choice, helpExamples, inputSizeOption, option } from '../common-options.ts';
import type { ConvertFlags } from './run-convert.ts';

/** Adds the command `convert`. */
export function registerConvertCommand(program: Command): void {
  program
    .command('convert')
    .argument('<in>', 'weight file or URL: .safetensors, .pth, .caffemodel')
    .argument('<out>', 'model file to write (.safetensors)')
    .description('turn foreign weights into a model file, or store a model in another type')
    .option('--preset <name>', 'architecture of the weights; `refinedet info` lists them')
    .option(
      '--classes <names>',
      'classes in the order of the scores: names, voc, coco or @file.txt',
    )
    .addOption(
      option(
        '--dtype <type>',
        'f32, f16 (half the size) or int8 (a quarter to a third); default: f32',
        choice('--dtype', ['f32', 'f16', 'int8']),
      ),
    )
    .option('--layout <name>', 'how the tensors are named; default: recognized')
    .addOption(inputSizeOption("the preset's"))
    .option('--init', 'fill what the file lacks with random weights: a start for training')
    .option('--force', 'replace an existing file')
    .addHelpText(
      'after',
      helpExamples(
        'convert RefineDet320_VOC.pth voc.safetensors --preset refinedet320-vgg16 --classes voc',
        'convert VOC0712.caffemodel voc.safetensors --preset refinedet320-vgg16 --classes voc --dtype f16',
        'convert vgg16_reducedfc.pth start.safetensors --preset refinedet320-vgg16 --classes cat,dog --init',
        'convert voc.safetensors small.safetensors --dtype int8',
      ),
    )
    .action(async (source: string, target: string, flags: ConvertFlags) => {
      const { runConvert } = await import('./run-convert.ts');
      await runConvert(source, target, flags);
    });
}
