/** What the page and its training worker say to each other. */
import type { Detection } from '../../../../src/boxes.ts';
import type { GroundTruth } from '../../../../src/datasets/dataset-types.ts';
import type { TrainOptions } from '../../../../src/training/config/train-config.ts';
import type { DeviceSpeed } from '../../../../src/training/plan/training-plan.ts';
import type { StepRecord } from '../../../../src/training/run/step-record.ts';

/** An image of a run: labels are frozen with it, so that a resumed run sees the same. */
export interface RunImage {
  name: string;
  width: number;
  height: number;
  boxes: GroundTruth[];
}

/** Everything but the pixels; kept beside the checkpoints. */
export interface RunData {
  /** Different for every run. */
  id: string;
  /** Folder of the run. */
  folder: string;
  classes: string[];
  images: RunImage[];
  /** Base of the run: the URL of a model. */
  init: string;
  options: TrainOptions;
  steps: number;
}

export const DATA_FILE = 'data.json';

export type TrainRequest =
  | { kind: 'measure'; data: RunData; files: Blob[] }
  | { kind: 'train'; data: RunData; files: Blob[]; resume: boolean }
  | { kind: 'pause' };

export type TrainAnswer =
  | { kind: 'measured'; speed: DeviceSpeed }
  | { kind: 'note'; sentence: string }
  | { kind: 'started'; steps: number; workers: number; held: string[] }
  | { kind: 'step'; record: StepRecord }
  | { kind: 'evaluating'; done: number; total: number }
  | { kind: 'samples'; samples: Sample[] }
  | { kind: 'ended'; isPaused: boolean }
  | { kind: 'failed'; message: string };

/** Detections in an image that is held out. */
export interface Sample {
  name: string;
  found: Omit<Detection, 'label'>[];
}
