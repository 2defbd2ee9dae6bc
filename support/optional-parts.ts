/**
 * Programs and packages that only some tests need. The tests of a missing part are skipped, with a warning. In CI
 * (`CI` is set) they fail: it must not be green because nothing was tested. There, `REFINEDET_WITHOUT=firefox,torch`
 * lists the parts that may be missing.
 */
interface OptionalPart {
  tests: string;
  /** What installs it; `.ci/run` installs all parts. */
  install: string;
}

const apt = (packages: string) => `apt-get install ${packages}`;

const PARTS = {
  chromium: { tests: 'the browser tests', install: apt('chromium') },
  firefox: { tests: 'the tests of Firefox', install: apt('firefox-esr') },
  webkit: { tests: 'the tests of WebKit', install: apt('webkit2gtk-driver xvfb xauth') },
  vulkan: { tests: 'the tests of WebGPU in Node', install: apt('chromium') },
  runtimes: { tests: 'the tests of other runtimes', install: 'npm run test:runtimes' },
  qemu: {
    tests: 'the tests of ARM64',
    install: apt('qemu-user libc6-arm64-cross libstdc++6-arm64-cross libgcc-s1-arm64-cross'),
  },
  ffmpeg: { tests: 'the tests of video', install: apt('ffmpeg') },
  rtsp: {
    tests: 'the tests of RTSP',
    install: apt('python3-gi gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-{base,good,bad,ugly}'),
  },
  redis: { tests: 'the tests of queues', install: apt('redis-server') },
  torch: { tests: 'the tests beside PyTorch', install: apt('python3-torch python3-numpy') },
  onnxruntime: { tests: 'the tests of ONNX Runtime', install: 'npm ci' },
} satisfies Record<string, OptionalPart>;

export type PartName = keyof typeof PARTS;

/**
 * Returns whether a part is there.
 * @param problem what is missing; undefined when nothing is
 * @throws Error when it is missing in CI
 */
export function hasPart(
  name: PartName,
  problem: string | undefined,
  env: Readonly<Record<string, string | undefined>> = process.env,
): boolean {
  if (problem === undefined) return true;
  const { tests, install }: OptionalPart = PARTS[name];
  const without = env['REFINEDET_WITHOUT']?.split(',').map((part) => part.trim());
  if (env['CI'] && !without?.includes(name)) {
    throw new Error(
      `${tests} cannot run: ${problem}. Install it (${install}), or skip them with REFINEDET_WITHOUT=${name}`,
    );
  }
  console.warn(`${tests} are skipped: ${problem} (${install})`);
  return false;
}
