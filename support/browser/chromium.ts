/** Debian's chromium, controlled by playwright-core. */
import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';
import { hasPart } from '../optional-parts.ts';

const EXECUTABLE = '/usr/bin/chromium';

/** Whether the browser tests can run. */
export const hasChromium = hasPart(
  'chromium',
  existsSync(EXECUTABLE) ? undefined : `${EXECUTABLE} is missing`,
);

const FLAGS = [
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // Measures memory on request, after a garbage collection.
  '--enable-blink-features=ForceEagerMeasureMemory',
  '--autoplay-policy=no-user-gesture-required',
];

/** WebGL and WebGPU in software, on the CPU. */
const SOFTWARE_GPU = [
  '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader',
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
  '--ignore-gpu-blocklist',
];

/** Query that enables WebGL in software, which tfjs otherwise rejects. */
export const SOFTWARE_WEBGL = '?tfjsflags=SOFTWARE_WEBGL_ENABLED:true';

/** No WebGL, not even in software. */
export const WITHOUT_GRAPHICS = ['--disable-software-rasterizer', '--disable-3d-apis'];

/** A camera that shows a test pattern, with permission to use it. */
const FAKE_CAMERA = ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'];

interface ChromiumOptions {
  gpu?: boolean;
  camera?: boolean;
  /** More command-line options. */
  flags?: readonly string[];
}

export function launchChromium({
  gpu = false,
  camera = false,
  flags = [],
}: ChromiumOptions = {}): Promise<Browser> {
  const features = [...(gpu ? SOFTWARE_GPU : ['--disable-gpu']), ...(camera ? FAKE_CAMERA : [])];
  return chromium.launch({
    executablePath: EXECUTABLE,
    args: [...FLAGS, ...features, ...flags],
  });
}

/** A page, and everything that it writes to the console. */
export async function openPage(browser: Browser, url: string): Promise<[Page, string[]]> {
  const page = await browser.newPage();
  const messages: string[] = [];
  page.on('console', (message) => messages.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => messages.push(`uncaught: ${error.message}`));
  await page.goto(url);
  return [page, messages];
}
