/** Detection in Chromium. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import { hasChromium, launchChromium, openPage } from '../../support/browser/chromium.ts';
import { type SiteContent, serveSite } from '../../support/browser/server.ts';
import { putPageBundles } from '../../support/build-output.ts';
import { EXAMPLE } from '../example.ts';
import { type Samples, summarizeRounds } from '../harness.ts';
import { benchModel } from '../model.ts';
import { withModelFiles } from '../model-files.ts';
import type { Group, RunOptions, Suite } from '../suite.ts';

/** Query that enables WebGL in software, which tfjs otherwise rejects. */
const FLAGS = '?tfjsflags=SOFTWARE_WEBGL_ENABLED:true';
const SOFTWARE = 'on SwiftShader, a GPU in software: not a measure of speed';

interface Contender {
  name: string;
  /** A call of programs/page.mjs. */
  call: (roundMs: number) => string;
  gpu?: true;
}

const CONTENDERS: readonly Contender[] = [
  ...[1, 2].flatMap((threads): Contender[] => [
    {
      name: `wasm, ${counted(threads)}`,
      call: (ms) => `refinedet('wasm', ${threads}, ${ms})`,
    },
    {
      name: `onnxruntime-web, ${counted(threads)}`,
      call: (ms) => `onnxruntimeWeb(${threads}, ${ms})`,
    },
  ]),
  { name: 'WebGL', call: (ms) => `refinedet('webgl', 1, ${ms})`, gpu: true },
  { name: 'WebGPU', call: (ms) => `refinedet('webgpu', 1, ${ms})`, gpu: true },
];

export const suite: Suite = {
  title: 'In a web page',
  about:
    'Pixels to boxes in headless Chromium, in a page that may use threads; each measurement runs in its ' +
    'own page. onnxruntime-web runs the network only, with the same weights. Both compute in floats.',
  async run(options) {
    if (!hasChromium) return [];
    const { model, about } = await benchModel();
    return withModelFiles(model, async (files) => {
      const folder = mkdtempSync(path.join(tmpdir(), 'refinedet-bench-'));
      await putPageBundles(folder);
      const here = (file: string) => fileURLToPath(new URL(file, import.meta.url));
      const cases = await compare(
        {
          folders: { '/lib': folder, '/ort': here('../../node_modules/onnxruntime-web/dist') },
          files: {
            '/bench.js': readFileSync(here('../programs/page.mjs'), 'utf8'),
            '/model.safetensors': readFileSync(files.native),
            '/model.onnx': readFileSync(files.onnx),
            '/image.jpg': readFileSync(EXAMPLE),
          },
          isolated: true,
        },
        options,
      );
      rmSync(folder, { recursive: true });
      return [{ title: about, unit: 'ms', cases }];
    });
  },
};

async function compare(
  content: SiteContent,
  { rounds, roundMs }: RunOptions,
): Promise<Group['cases']> {
  const site = await serveSite(content);
  const [plain, gpu] = await Promise.all([launchChromium(), launchChromium({ gpu: true })]);
  const samples: Samples[] = CONTENDERS.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, contender] of CONTENDERS.entries()) {
      const browser = contender.gpu ? gpu : plain;
      samples[i].push(await inPage(browser, `${site.url}/${FLAGS}`, contender.call(roundMs)));
    }
  }
  await Promise.all([plain.close(), gpu.close()]);
  await site.close();
  const names = CONTENDERS.map(({ name }) => name);
  return summarizeRounds(names, samples).map((timing, i) => ({
    ...timing,
    note: CONTENDERS[i].gpu && SOFTWARE,
  }));
}

/** Source text: a compiled function would refer to helpers that the page does not have. */
async function inPage(browser: Browser, url: string, call: string): Promise<number[]> {
  const [page] = await openPage(browser, url);
  const samples = await page.evaluate<number[]>(`import('/bench.js').then((page) => page.${call})`);
  await page.close();
  return samples;
}

function counted(threads: number): string {
  return threads === 1 ? '1 thread' : `${threads} threads`;
}
