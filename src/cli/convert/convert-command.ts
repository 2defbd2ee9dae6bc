/** `refinedet convert`: its help; the work is in run-convert.ts. */
import type { Command } from 'commander';
import { addCommand } from '../options/add-command.ts';
import { CONVERT_OPTIONS, type ConvertFlags } from './convert-options.ts';

export function registerConvertCommand(program: Command): void {
  addCommand(program, {
    name: 'convert',
    description: 'convert foreign weights to a model file, or a model file to another type',
    arguments: {
      '<in>': 'weight file or URL: .safetensors, .pth, .caffemodel',
      '<out>': 'model file to write (.safetensors)',
    },
    options: CONVERT_OPTIONS,
    examples: [
      'convert RefineDet320_VOC.pth voc.safetensors --preset refinedet320-vgg16 --classes voc',
      'convert VOC0712.caffemodel voc.safetensors --preset refinedet320-vgg16 --classes voc --dtype f16',
      'convert vgg16_reducedfc.pth start.safetensors --preset refinedet320-vgg16 --classes cat,dog --init',
      'convert voc.safetensors small.safetensors --dtype int8',
      'convert voc.safetensors fast.safetensors --dtype int8 --calibrate VOCdevkit/VOC2007:val',
    ],
  }).action(async (source: string, target: string, flags: ConvertFlags) => {
    const { runConvert } = await import('./run-convert.ts');
    await runConvert(source, target, flags);
  });
}
