/** `refinedet serve`: a pool of workers behind HTTP. */
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { modelBytes, readNamed } from '../../detection/load-model.ts';
import { RefineDetError } from '../../errors.ts';
import { DEFAULT_MODEL } from '../../packaged-models.ts';
import { startWorkers } from '../../runner/runner.ts';
import { imageFetcher } from '../../serve/fetch-image.ts';
import { handlerOf } from '../../serve/handler.ts';
import { closeServer, nodeServer } from '../../serve/node-server.ts';
import { DEFAULTS } from '../../serve/options.ts';
import type { Video } from '../../video/open-video.ts';
import { pageFolder, readSite } from '../demo/demo-site.ts';
import { interruptSignal } from '../interrupt.ts';
import { listen } from '../listen.ts';
import { print, warn } from '../terminal.ts';
import type { ServeFlags } from './serve-options.ts';

/** Milliseconds to finish when stopped. */
const GRACE = 10_000;

/** A bearer token (RFC 6750, section 2.1), or an empty line. */
const TOKEN = /^[\w.~+/-]*=*$/;

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|::1)$/;

/**
 * Serves until it is interrupted, which counts as success.
 * @throws NO_DEFAULT_MODEL, FILE_NOT_FOUND, FETCH_FAILED, MODEL_*, USAGE, ADDRESS_UNAVAILABLE, ABORTED
 */
export async function runServe(flags: ServeFlags): Promise<void> {
  const signal = interruptSignal();
  const { model: word = DEFAULT_MODEL, host, port, allowUrl, workers } = flags;
  const { maxBody, timeout, grace = GRACE } = flags;
  const tokens = flags.tokenFile === undefined ? [] : await readTokens(flags.tokenFile);
  const fetchImage =
    allowUrl && imageFetcher({ allow: allowUrl, maxBytes: maxBody ?? DEFAULTS.maxBody });
  const bytes = await modelBytes(word, signal);
  const model = await readNamed(bytes, word);
  const site = await readSite(await pageFolder(), bytes, word);
  const { threads, inputSize, backend, compute } = flags;
  const runner = await startWorkers(model, {
    workers,
    threads,
    inputSize,
    backend,
    compute,
    warn,
    signal,
  });
  try {
    const { allowHost = [] } = flags;
    const handle = handlerOf(runner, {
      // A page cannot know a token, so only servers without one need the check of names.
      hosts: tokens.length > 0 && allowHost.length === 0 ? undefined : [host, ...allowHost],
      processMetrics: true,
      ...{ tokens, maxBody, fetchImage, site, signal, cors: flags.cors },
      streams: await openStreams(flags),
      trustProxy: flags.trustProxy,
      name: flags.name ?? path.parse(word).name,
      maxPixels: flags.maxPixels,
      queue: flags.queue,
      timeout,
      isReady: () => !signal.aborted,
      log: flags.quiet ? undefined : (entry) => process.stderr.write(`${JSON.stringify(entry)}\n`),
    });
    const server = nodeServer(handle, { requestTimeout: timeout ?? DEFAULTS.timeout });
    const url = await listen(server, host, [port]);
    if (tokens.length === 0 && !LOOPBACK.test(host)) {
      warn(`anybody who reaches ${host} may use this server; give it a --token-file`);
    }
    await print(`${url}\n`);
    if (!signal.aborted) await once(signal, 'abort');
    await closeServer(server, grace);
  } finally {
    await runner.detector.dispose();
  }
}

/** Describes the videos of --stream; each is opened when somebody listens. */
async function openStreams({ stream = {} }: ServeFlags): Promise<Record<string, Video>> {
  const { openVideo } = await import('../../video/open-video.ts');
  return Object.fromEntries(
    Object.entries(stream).map(([name, source]) => [name, openVideo(source, { reconnect: 0 })]),
  );
}

/** @throws FILE_NOT_FOUND, USAGE for a file without tokens */
async function readTokens(file: string): Promise<string[]> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    const message = `cannot read ${file}: ${(cause as Error).message}`;
    throw new RefineDetError('FILE_NOT_FOUND', message, { cause });
  }
  const lines = text.split('\n').map((line) => line.trim());
  const given = lines.filter((line) => line !== '' && !line.startsWith('#'));
  const wrong = lines.findIndex((line) => !line.startsWith('#') && !TOKEN.test(line)) + 1;
  if (wrong > 0) {
    const message = `line ${wrong} of ${file} is not a token: use letters, digits and -._~+/= only`;
    throw new RefineDetError('USAGE', message);
  }
  if (given.length > 0) return given;
  throw new RefineDetError('USAGE', `${file} has no tokens: write one per line`);
}
