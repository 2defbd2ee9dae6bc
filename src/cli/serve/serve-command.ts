/** `refinedet serve`: its help; the work is in run-serve.ts. */
import type { Command } from 'commander';
import { addCommand } from '../options/add-command.ts';
import { SERVE_OPTIONS, type ServeFlags } from './serve-options.ts';

export function registerServeCommand(program: Command): void {
  addCommand(program, {
    name: 'serve',
    description: 'detect behind HTTP: a server with a JSON API and the demo page',
    options: SERVE_OPTIONS,
    examples: [
      'serve',
      'serve --model my.safetensors --workers 4 --queue 128',
      'serve --stream yard=rtsp://camera.local/stream',
      'serve --host 0.0.0.0 --token-file tokens.txt',
    ],
  }).action(async (flags: ServeFlags) => {
    const { runServe } = await import('./run-serve.ts');
    await runServe(flags);
  });
}
