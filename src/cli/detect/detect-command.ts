/** `refinedet detect`: its help; the work is in run-detect.ts. */
import type { Command } from 'commander';
import { addCommand } from '../options/add-command.ts';
import { DETECT_OPTIONS, type DetectFlags } from './detect-command-options.ts';

export function registerDetectCommand(program: Command): void {
  addCommand(program, {
    name: 'detect',
    description: 'detect objects in images (JPEG, PNG, WebP) or videos',
    arguments: {
      '[inputs...]':
        'images or videos: files, folders, globs, URLs; - for an image from the standard input; rtsp:// or camera:0 for a live video',
    },
    options: DETECT_OPTIONS,
    examples: [
      'detect photo.jpg --save',
      'detect photos --recursive --threshold 0.3 --format jsonl > found.jsonl',
      'detect "photos/*.jpg" --format voc --out annotations --workers 4',
      'detect street.mp4 --track --save street.detected.mp4',
      'detect - --model my.safetensors --classes person,dog --format json < photo.jpg',
    ],
  }).action(async (inputs: string[], flags: DetectFlags) => {
    const { runDetect } = await import('./run-detect.ts');
    await runDetect(inputs, flags);
  });
}
