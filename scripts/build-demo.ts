/** Builds the demo page into dist/demo, from where `refinedet demo` serves it. */
import { fileURLToPath } from 'node:url';
import { build, createLogger } from 'vite';
import config from '../demo/vite.config.ts';

/** @throws when a page imports a module of Node, which vite would replace by an empty one */
export async function buildDemo(outDir = config.build.outDir): Promise<void> {
  const customLogger = createLogger('warn');
  const { warn } = customLogger;
  const inPages: string[] = [];
  customLogger.warn = (message, options) => {
    if (message.includes('externalized for browser')) inPages.push(message);
    warn(message, options);
  };
  await build({
    ...config,
    configFile: false,
    customLogger,
    build: { ...config.build, outDir },
  });
  if (inPages.length > 0) throw new Error(inPages.join('\n'));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildDemo();
