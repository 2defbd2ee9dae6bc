/** Options that several commands have in common: one name, one argument and one parser each. */
import { MAX_THREADS } from '../../backend/thread-pool.ts';
import { DATASET_FORMATS } from '../../datasets/dataset-types.ts';
import { DEFAULT_MODEL, MODELS } from '../../packaged-models.ts';
import { MOST_WORKERS } from '../../pool/pool-size.ts';
import { dataPart } from './data-part.ts';
import { on, text, value } from './option-table.ts';
import { autoOrCount, choice, classMap, fraction, inputSize, onOrOff } from './parsers.ts';

/** @param kinds what else a word may be, in front of the names of {@link MODELS} */
export const orModels = (...kinds: string[]): string =>
  new Intl.ListFormat('en', { type: 'disjunction' }).format([...kinds, ...MODELS]);

export const MODEL_WORD = orModels('model file', 'URL');
/** Arguments of datasets, positional ones too. */
export const DATA_WORD = 'folder or annotation file of a dataset';

export const MODEL = text('<file|url>', MODEL_WORD, {
  short: 'm',
  default: DEFAULT_MODEL,
});

export const DATA = value('<path[:split]>', (given) => dataPart(given), DATA_WORD, { short: 'd' });
export const SPLIT = text('<name>', 'split to read, as in path:split; several are joined by +');
export const DATA_FORMAT = value('<format>', choice(DATASET_FORMATS), 'format of the dataset', {
  default: 'found from the path',
  aliases: ['format'],
});
export const IMAGE_FOLDER = value(
  '<dir>',
  (folder, _flag, before: string[] = []) => [...before, folder],
  'folder of the images; may be repeated',
  { default: 'found' },
);
export const CLASS_MAP = value(
  '<pairs>',
  classMap,
  'rename classes of the dataset: old=new,old=new or coco-to-voc; may be repeated',
);

/** @param help what the classes are for */
export const classes = (help: string, byDefault?: string) =>
  text('<names>', `${help}: names, voc, coco or @file.txt`, { short: 'c', default: byDefault });

export const threshold = (help: string, byDefault: string) =>
  value('<score>', fraction, help, {
    short: 't',
    default: byDefault,
    aliases: ['scoreThreshold'],
  });

/** @param whose input size applies by default */
export const inputSizeOf = (whose: string) =>
  value('<size>', inputSize, 'network input: 512 or 512x384 (width x height)', { default: whose });

export const THREADS = value(
  '<n>',
  autoOrCount(MAX_THREADS),
  'threads per image: auto or a number',
  {
    default: 'auto; 1 with workers',
  },
);

const WEBGPU = 'webgpu needs the packages webgpu and @tensorflow/tfjs-backend-webgpu';

export const BACKEND = value(
  '<name>',
  choice(['wasm', 'webgpu', 'onnxruntime']),
  `backend; ${WEBGPU}, onnxruntime needs onnxruntime-node`,
  { default: 'wasm' },
);

export const TRAINING_BACKEND = value('<name>', choice(['wasm', 'webgpu']), `backend; ${WEBGPU}`, {
  default: 'wasm',
});

export const COMPUTE = value(
  '<type>',
  choice(['auto', 'float32', 'int8']),
  'numbers that the network computes with; auto is int8 for calibrated models',
  { default: 'auto' },
);

/** Detection of several images at once. */
export const WORKERS = value(
  '<n>',
  autoOrCount(MOST_WORKERS),
  'images at the same time, each in its own worker: auto (one per core) or a number',
  { default: '1' },
);

export const BOX_VOTING = value(
  '<on|off>',
  onOrOff,
  'replace each box by the mean of itself and the candidates that overlap it',
  { default: "the model's; on with --multi-scale" },
);

export const MULTI_SCALE = on('multi-scale testing: slower, more accurate');
export const JSON_OUTPUT = on('print the result as JSON');
export const QUIET = on('no progress bar', { short: 'q' });
export const FORCE = on('replace an existing file');
