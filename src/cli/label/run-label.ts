/** `refinedet label`: serves the page that labels the images of a folder. */
import { once } from 'node:events';
import { modelBytes, readNamed } from '../../detection/load-model.ts';
import { pageFolder, readSite } from '../demo/demo-site.ts';
import { interruptSignal } from '../interrupt.ts';
import { counted, printable } from '../printable.ts';
import { print } from '../terminal.ts';
import { LabelFolder } from './label-folder.ts';
import type { LabelFlags } from './label-options.ts';
import { serveFolder } from './label-server.ts';

const DEFAULT_PORT = 8322;

/**
 * Serves until it is interrupted, which counts as success.
 * @throws FILE_NOT_FOUND, DATASET_FORMAT, NO_DEFAULT_MODEL, FETCH_FAILED, MODEL_*, ADDRESS_UNAVAILABLE,
 *   ABORTED
 */
export async function runLabel(dir = '.', flags: LabelFlags): Promise<void> {
  const { model, port, dataFormat } = flags;
  const signal = interruptSignal();
  const folder = await LabelFolder.open(dir, dataFormat);
  const bytes = await modelBytes(model, signal);
  // A file that is not a model fails here rather than in the page.
  await readNamed(bytes, model ?? 'the default model');
  const site = await readSite(await pageFolder(), bytes, model);
  const { server, url } = await serveFolder(
    site,
    folder,
    port === undefined ? [DEFAULT_PORT, 0] : [port],
  );
  await print(`${url}\n`);
  const what = `${counted(folder.images.length, 'image')} of ${folder.root}, labels as ${folder.files.format.toUpperCase()}`;
  process.stderr.write(
    `refinedet: ${printable(what)}; open this address in a browser; Ctrl-C stops the server\n`,
  );
  if (!signal.aborted) await once(signal, 'abort');
  server.closeAllConnections();
  server.close();
}
