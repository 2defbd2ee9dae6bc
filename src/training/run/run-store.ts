/** Storage of a run: a folder in Node, an object of the caller in a browser. */
export interface RunStore {
  /** Name of a file in messages. */
  describe(file: string): string;
  /** Content of a file; undefined when it does not exist. */
  read(file: string): Promise<Uint8Array | undefined>;
  /**
   * Puts a file in its place, whole and for good: a crash at any moment leaves either the old one or
   * the new one.
   * @throws FILE_WRITE; the old file is as it was
   */
  write(file: string, content: Uint8Array | string): Promise<void>;
  /** @throws FILE_WRITE */
  append(file: string, content: string): Promise<void>;
}

/** Names of the files of a run. */
export const RUN_FILES = {
  /** The complete configuration: `train --config` of it repeats the run. */
  config: 'config.json',
  /** One {@link StepRecord} per line. */
  metrics: 'metrics.jsonl',
  /** Everything that `--resume` needs. */
  checkpoint: 'last.safetensors',
  /** The model with the best evaluation. */
  best: 'best.safetensors',
  /** The model at the end. */
  model: 'model.safetensors',
  report: 'report.html',
} as const;
