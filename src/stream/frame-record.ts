/** What is reported about a frame of a video: by `detect` as a line, by `serve` as an event. */
import { roundedDetection } from '../rounding.ts';
import type { TrackedDetection } from './tracker.ts';

/** ByteTrack follows hidden objects by detections down to this score. */
export const TRACKED_SCORE = 0.1;

/** The detections of one frame. */
export interface FrameResult {
  /** Name of the video, without a password. */
  source: string;
  /** Number of the frame, from 0. */
  frame: number;
  /** Milliseconds. */
  time: number;
  width: number;
  height: number;
  detections: readonly TrackedDetection[];
}

/** Keeps detections of at least the score `least`, and those that continue a track. */
export function reportedDetections(
  detections: readonly TrackedDetection[],
  least: number,
): TrackedDetection[] {
  return detections.filter(({ trackId, score }) => trackId !== undefined || score >= least);
}

/** Rounds a result for machine-readable output. */
export function frameRecord({ time, detections, ...place }: FrameResult): FrameResult {
  const { source, frame, width, height } = place;
  const found = detections.map((one) => ({ ...roundedDetection(one), trackId: one.trackId }));
  return { source, frame, time: roundedTime(time), width, height, detections: found };
}

/** Rounds milliseconds to microseconds: finer than the clocks of videos. */
export function roundedTime(time: number): number {
  return Math.round(1000 * time) / 1000;
}
