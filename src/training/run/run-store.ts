/** Storage of a run: a folder in Node, an object from the caller in a browser. */
export interface RunStore {
  /** Returns the name of a file for messages. */
  describe(file: string): string;
  /** Returns the content of a file, or undefined when it does not exist. */
  read(file: string): Promise<Uint8Array | undefined>;
  /**
   * Writes a file atomically and durably: after a crash at any moment either the old or the new file
   * exists.
   * @throws FILE_WRITE; the old file is then unchanged
   */
  write(file: string, content: Uint8Array | string): Promise<void>;
  /**
   * Appends to a file.
   * @throws FILE_WRITE
   */
  append(file: string, content: string): Promise<void>;
}

/** Names of the files of a run. */
export const RUN_FILES = {
  /** The complete configuration; `train --config` with this file repeats the run. */
  config: 'config.json',
  /** One {@link StepRecord} per line. */
  metrics: 'metrics.jsonl',
  /** The state that `--resume` needs. */
  checkpoint: 'last.safetensors',
  /** The model with the best evaluation. */
  best: 'best.safetensors',
  /** The model at the end. */
  model: 'model.safetensors',
  report: 'report.html',
} as const;
