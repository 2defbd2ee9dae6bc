/** `refinedet demo`: its help; the work is in run-demo.ts. */
import type { Command } from 'commander';
import { addCommand } from '../options/add-command.ts';
import { DEMO_OPTIONS, type DemoFlags } from './demo-options.ts';

export function registerDemoCommand(program: Command): void {
  addCommand(program, {
    name: 'demo',
    description: 'try a model in the browser: images, videos, the camera',
    options: DEMO_OPTIONS,
    examples: ['demo', 'demo --model runs/first/best.safetensors', 'demo --out site'],
  }).action(async (flags: DemoFlags) => {
    const { runDemo } = await import('./run-demo.ts');
    await runDemo(flags);
  });
}
