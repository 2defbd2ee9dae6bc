/** A worker of a page: draws images, trains on them and hands the model over. */
import { getKernel } from '@tensorflow/tfjs-core';
import type { Dataset, DatasetImage } from '../../../src/datasets/dataset-types.ts';
import { RUN_FILES, type RunStore, train } from '../../../src/training/index.browser.ts';

export interface Task {
  workers: number;
  steps: number;
}

export interface Outcome {
  losses: number[];
  /** mAP after the last step. */
  score: number | null | undefined;
  notes: string[];
  /** Workers that trained in the end. */
  workers: number;
  /** Kernels for the gradients of other presets that the page lacks. */
  missing: string[];
  model: Uint8Array;
  image: Blob;
}

/** What batch normalization, max-pooling and the L2 norm need beyond detection. */
const GRADIENT_KERNELS = ['MaxPoolGrad', 'Mean', 'Rsqrt', 'Sub'];
const SIDE = 96;
const CLASSES = ['square', 'disc'];
const COLORS = ['rgb(220, 40, 30)', 'rgb(30, 70, 220)'];

self.onmessage = async ({ data }: MessageEvent<Task>) => {
  try {
    self.postMessage(await run(data));
  } catch (error) {
    self.postMessage({ error: String((error as Error).stack) });
  }
};

async function run(task: Task): Promise<Outcome> {
  const imageFiles = await Promise.all([0, 1, 2, 3].map(drawImageFile));
  const images = imageFiles.map(({ image }) => image);
  const about = { name: 'shapes', root: '', format: 'coco', split: 'train' } as const;
  const data: Dataset = { ...about, classes: CLASSES, images, warnings: [] };
  const files = new Map<string, Uint8Array>();
  const outcome: Omit<Outcome, 'model' | 'image'> = {
    losses: [],
    score: undefined,
    notes: [],
    workers: 0,
    missing: [],
  };
  const options = {
    ...task,
    batch: 4,
    inputSizes: [{ from: 0, sizes: [64] }],
    freeze: [],
    optimizer: { kind: 'sgd' },
    schedule: { kind: 'constant', learningRate: 1e-4, warmupSteps: 0 },
  } as const;
  const steps = train(options, {
    data: { train: data, validation: data },
    store: storeIn(files),
    onNote: (note) => outcome.notes.push(note),
    onStart: ({ config }) => {
      outcome.workers = config.workers;
    },
  });
  for await (const { losses, evaluation } of steps) {
    outcome.losses.push(losses.total);
    outcome.score = evaluation?.score ?? outcome.score;
  }
  outcome.missing = GRADIENT_KERNELS.filter((name) => !getKernel(name, 'wasm'));
  return { ...outcome, model: files.get(RUN_FILES.model)!, image: imageFiles[0].file };
}

/** A shape of each class on gray, as a PNG file that has a URL. */
async function drawImageFile(index: number): Promise<{ image: DatasetImage; file: Blob }> {
  const canvas = new OffscreenCanvas(SIDE, SIDE);
  const context = canvas.getContext('2d')!;
  context.fillStyle = 'rgb(120, 120, 120)';
  context.fillRect(0, 0, SIDE, SIDE);
  const boxes = CLASSES.map((_, classId) => {
    const size = 28 + 4 * index;
    const box = { x: 10 * index, y: (classId * SIDE) / 2 + index, width: size, height: size };
    context.fillStyle = COLORS[classId];
    context.beginPath();
    if (classId === 0) context.rect(box.x, box.y, size, size);
    else context.arc(box.x + size / 2, box.y + size / 2, size / 2, 0, 2 * Math.PI);
    context.fill();
    return { classId, box, difficult: false, crowd: false };
  });
  const file = await canvas.convertToBlob({ type: 'image/png' });
  const path = URL.createObjectURL(file);
  const fileName = `shapes${index}.png`;
  const size = { width: SIDE, height: SIDE };
  return { file, image: { id: index, fileName, path, annotationPath: fileName, ...size, boxes } };
}

function storeIn(files: Map<string, Uint8Array>): RunStore {
  const bytes = (content: Uint8Array | string) =>
    typeof content === 'string' ? new TextEncoder().encode(content) : content;
  return {
    describe: (file) => file,
    read: async (file) => files.get(file),
    write: async (file, content) => void files.set(file, bytes(content)),
    async append(file, content) {
      const before = new TextDecoder().decode(files.get(file));
      files.set(file, bytes(before + content));
    },
  };
}
