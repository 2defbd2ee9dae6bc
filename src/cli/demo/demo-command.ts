/** `refinedet demo`: the options; the work is in ../demo/run.ts. */
import type { Command } from 'commander';
import { count, helpExamples, option } from '../common-options.ts';
import type { DemoFlags } from './run-demo.ts';

const MAX_PORT = 65535;

/** Adds the command `demo`. */
export function registerDemoCommand(program: Command): void {
  program
    .command('demo')
    .description('try a model in the browser: images, videos, the camera')
    .option('-m, --model <file|url>', 'model to try (default: the one in the package)')
    .addOption(
      option(
        '-p, --port <n>',
        'port to listen at (default: 8320, or a free one)',
        count('--port', MAX_PORT),
      ),
    )
    .option('--host <address>', 'address to listen at', '127.0.0.1')
    .option('-o, --out <dir>', 'write the page and the model as static files instead of serving')
    .addHelpText(
      'after',
      helpExamples('demo', 'demo --model runs/first/model.safetensors', 'demo --out site'),
    )
    .action(async (flags: DemoFlags) => {
      const { runDemo } = await import('./run-demo.ts');
      await runDemo(flags);
    });
}
