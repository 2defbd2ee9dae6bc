/** Targets of the benchmarks on a machine with two cores. */

export interface Target {
  work: string;
  /** The target as text. */
  asked: string;
  suite: string;
  /** Titles of the groups of this target. */
  groups: RegExp;
  /**
   * The case to compare the first one with, or several, of which the fastest counts; without it, the
   * first one's own figure counts.
   */
  against?: string | readonly string[];
  /** Format: the time of the first as a multiple of the other's (default), its inverse, or a percentage. */
  as?: 'time' | 'speed-up' | 'share';
  /** Another case in place of the first. */
  ours?: string;
}

const LIGHT = /^refinedet320-mobilenet/;
const VGG = /^refinedet320-vgg16/;

export const TARGETS: readonly Target[] = [
  {
    work: 'network of the default model in 8 bits, compared with floats (1, 2 threads)',
    asked: 'at least 1.3× the speed; Node 20: 1.5×',
    suite: 'models',
    groups: /^network, \d/,
    against: 'default, 320 px, floats',
    as: 'speed-up',
  },
  {
    work: 'the same on two threads, compared with one thread (8 bits)',
    asked: 'none',
    suite: 'models',
    groups: /two threads/,
    against: 'default, 320 px, 8 bits, 1 thread',
    as: 'speed-up',
  },
  {
    work: 'the same in floats',
    asked: 'at least 1.75× the speed',
    suite: 'models',
    groups: /two threads/,
    ours: 'default, 320 px, floats, 2 threads',
    against: 'default, 320 px, floats, 1 thread',
    as: 'speed-up',
  },
  {
    work: 'network of nano, compared with the default model (1, 2 threads)',
    asked: 'at most 0.4× the time, goal 0.3×',
    suite: 'models',
    groups: /^network, \d/,
    ours: 'nano, 192 px, 8 bits',
    against: 'default, 320 px, 8 bits',
  },
  {
    work: 'network forward, light preset, compared with onnxruntime-web (1, 2 threads)',
    asked: 'at most 0.4× the time, goal 0.33×',
    suite: 'network',
    groups: LIGHT,
    against: 'onnxruntime-web',
  },
  {
    work: 'the same, VGG-16 at 320',
    asked: 'at most 0.25×',
    suite: 'network',
    groups: VGG,
    against: 'onnxruntime-web',
  },
  {
    work: 'light preset, compared with onnxruntime-node (native code)',
    asked: 'none',
    suite: 'network',
    groups: LIGHT,
    against: 'onnxruntime-node',
  },
  {
    work: 'VGG-16, compared with onnxruntime-node',
    asked: 'none',
    suite: 'network',
    groups: VGG,
    against: 'onnxruntime-node',
  },
  {
    work: 'dense 3×3 convolution with every multiplication, as a share of the peak of 128-bit SIMD',
    asked: 'at least 60 %',
    suite: 'convolution',
    groups: /./,
    ours: 'every multiplication',
    against: 'SIMD peak',
    as: 'share',
  },
  {
    work: 'the same with minimal filtering (a quarter of the multiplications), counted as if it made all of them',
    asked: 'none',
    suite: 'convolution',
    groups: /./,
    against: 'SIMD peak',
    as: 'share',
  },
  {
    work: 'post-process, VOC at 320, compared with plain TypeScript',
    asked: 'at least 3× faster, goal 6×',
    suite: 'postprocess',
    groups: /^VOC, 320/,
    against: 'plain TypeScript',
    as: 'speed-up',
  },
  {
    work: 'post-process, COCO at 512, compared with plain TypeScript',
    asked: 'at least 4× faster, goal 8×',
    suite: 'postprocess',
    groups: /^COCO, 512/,
    against: 'plain TypeScript',
    as: 'speed-up',
  },
  {
    work: 'resize and normalize 1280×720 to 320×320, compared with tf.image.resizeBilinear and arithmetic',
    asked: 'at least 4× faster',
    suite: 'resize',
    groups: /./,
    against: 'tfjs, from a tensor',
    as: 'speed-up',
  },
  {
    work: 'share of pre- and post-processing, light preset, without decoding',
    asked: 'at most 10 %',
    suite: 'end-to-end',
    groups: /share of time/,
  },
  {
    work: 'from the bytes of a 500×375 JPEG to boxes, 2 threads',
    asked: 'at most 66.7 ms (15 per second)',
    suite: 'end-to-end',
    groups: /500×375, 2 threads/,
  },
  {
    work: 'the same in 8 bits, as shipped, compared with floats (1, 2 threads)',
    asked: 'at most 0.77×',
    suite: 'end-to-end',
    groups: /500×375, \d threads?$/,
    ours: 'refinedet, 8 bits',
    against: 'refinedet',
  },
  {
    work: 'the same with `backend: onnxruntime`, compared with sharp and onnxruntime-node (1, 2 threads)',
    asked: 'at most 1.05×',
    suite: 'end-to-end',
    groups: /500×375, \d threads?$/,
    ours: 'refinedet, backend onnxruntime',
    against: 'sharp and onnxruntime-node',
  },
  {
    work: 'from the start of the process to the first detection with the default model',
    asked: 'at most 350 ms',
    suite: 'cold-start',
    groups: /as shipped/,
  },
  {
    work: 'download of a page, gzip, without weights (one thread, several threads)',
    asked: 'at most 260 KB',
    suite: 'size',
    groups: /gzip/,
  },
  {
    work: 'resident memory after 100 detections in Node',
    asked: 'at most 150 MB',
    suite: 'memory',
    groups: /as shipped/,
  },
  {
    work: 'training steps, compared with the better layout of PyTorch (block6 and up at 320 px, heads at 256 px)',
    asked: 'at least 1.0× the speed, goal 1.3×',
    suite: 'pytorch',
    groups: /./,
    against: ['PyTorch, default layout', 'PyTorch, channels-last'],
    as: 'speed-up',
  },
  {
    work: 'frames a second of a 720p H.264 file, as a share of the same frames in memory, 2 threads, floats',
    asked: 'at least 80 %',
    suite: 'video',
    groups: /(floats|model), 1280×720/,
    ours: 'an H.264 file',
    against: 'frames in memory',
    as: 'share',
  },
  {
    work: 'the same, 1080p',
    asked: 'at least 65 %',
    suite: 'video',
    groups: /(floats|model), 1920×1080/,
    ours: 'an H.264 file',
    against: 'frames in memory',
    as: 'share',
  },
];
