/** `refinedet demo`: serves the demo page with a model, or writes both as static files. */
import { once } from 'node:events';
import path from 'node:path';
import { modelBytes, readNamed } from '../../detection/load-model.ts';
import { interruptSignal } from '../interrupt.ts';
import { writeWhole } from '../output-files.ts';
import { print } from '../terminal.ts';
import type { DemoFlags } from './demo-options.ts';
import { serveSite } from './demo-server.ts';
import { pageFolder, readSite, type Site } from './demo-site.ts';

const DEFAULT_PORT = 8320;

/**
 * Serves until it is interrupted, which counts as success.
 * @throws NO_DEFAULT_MODEL, FILE_NOT_FOUND, FETCH_FAILED, MODEL_*, FILE_WRITE, ADDRESS_UNAVAILABLE,
 *   ABORTED
 */
export async function runDemo({ model, port, host, out }: DemoFlags): Promise<void> {
  const signal = interruptSignal();
  const bytes = await modelBytes(model, signal);
  // A file that is not a model fails here rather than in the page.
  await readNamed(bytes, model ?? 'the default model');
  const site = await readSite(await pageFolder(), bytes, model);
  if (out !== undefined) return writeSite(site, out);

  const { server, url } = await serveSite(site, host, port ?? [DEFAULT_PORT, 0]);
  await print(`${url}\n`);
  process.stderr.write('refinedet: open this address in a browser; Ctrl-C stops the server\n');
  if (!signal.aborted) await once(signal, 'abort');
  server.closeAllConnections();
  server.close();
}

async function writeSite(site: Site, folder: string): Promise<void> {
  for (const [name, { body }] of site) await writeWhole(path.join(folder, name), body);
  process.stderr.write(`refinedet: ${site.size} files written to ${folder}\n`);
}
