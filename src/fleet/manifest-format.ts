/** The text of a manifest: a header, then one line per input. */
import type { DetectOptions } from '../detection/detect-options.ts';
import type { Size } from '../detection/views.ts';
import type { Compute } from '../engine/engine.ts';
import { RefineDetError } from '../errors.ts';
import { isRecord, parseJson } from '../json.ts';
import type { StoredFile } from './storage/store.ts';

/** Version of the format. */
const FORMAT = 1;

/** What decides the results of a run; its hash is the name of the run. */
export interface ManifestSettings {
  /** Version of this package. */
  version: string;
  model: {
    /** Name, path or URL, as given; workers may have the same file elsewhere. */
    source: string;
    sha256: string;
    classes: readonly string[];
  };
  options: Omit<DetectOptions, 'signal' | 'onTimings'>;
  inputSize?: Size;
  /** What the network computes with; `auto` where it is missing. */
  compute?: Compute | 'auto';
  /** Inputs of a shard; the last one may have fewer. */
  shardSize: number;
  /** Number of inputs. */
  inputs: number;
}

/** First line of a manifest. */
export interface ManifestHeader extends ManifestSettings {
  /** Hash of the settings and all inputs. */
  run: string;
}

export function headerLine(header: ManifestSettings | ManifestHeader): string {
  return `${JSON.stringify({ manifest: FORMAT, ...header })}\n`;
}

/** @throws MANIFEST_FORMAT */
export function parseHeader(line: string, name: string): ManifestHeader {
  const header = parsed(line, name);
  if (header['manifest'] !== FORMAT || !isHeader(header)) {
    const message = `${name} is not a manifest: its first line must be the header that "fleet plan" writes`;
    throw new RefineDetError('MANIFEST_FORMAT', message);
  }
  return header;
}

function isHeader(value: object): value is ManifestHeader {
  const { run, version, model, options, shardSize, inputs } = value as Partial<ManifestHeader>;
  const isCount = (count: unknown) => Number.isSafeInteger(count) && (count as number) > 0;
  return (
    typeof run === 'string' &&
    /^[0-9a-f]{16}$/.test(run) &&
    typeof version === 'string' &&
    typeof model?.source === 'string' &&
    typeof model.sha256 === 'string' &&
    Array.isArray(model.classes) &&
    isRecord(options) &&
    isCount(shardSize) &&
    isCount(inputs)
  );
}

export function inputLine({ uri, size, etag, mtime }: StoredFile): string {
  return `${JSON.stringify({ uri, size, etag, mtime })}\n`;
}

/** @throws MANIFEST_FORMAT */
export function parseInput(line: string, name: string): StoredFile {
  const input = parsed(line, name);
  const { uri, size } = input;
  if (typeof uri === 'string' && (size === undefined || Number.isSafeInteger(size))) {
    return input as unknown as StoredFile;
  }
  throw new RefineDetError(
    'MANIFEST_FORMAT',
    `${name} has an input without uri: ${line.slice(0, 80)}`,
  );
}

function parsed(line: string, name: string): Record<string, unknown> {
  try {
    const value = parseJson(line);
    if (isRecord(value)) return value;
  } catch {
    // reported below
  }
  const message = `${name} has a line that is not a JSON object: ${JSON.stringify(line.slice(0, 80))}`;
  throw new RefineDetError('MANIFEST_FORMAT', message);
}
