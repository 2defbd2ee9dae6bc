/** Detections in a video as server-sent events: one run for all listeners, while there are any. */
import type { Detection } from '../../boxes.ts';
import type { DetectOptions } from '../../detection/detect-options.ts';
import type { ImageSource } from '../../detection/image-source.ts';
import { frameRecord, reportedDetections, TRACKED_SCORE } from '../../stream/frame-record.ts';
import { detectStream } from '../../stream/stream.ts';
import { KeptFrames } from '../../video/kept-frames.ts';
import { problemOf, ServeError } from '../problems.ts';
import type { StreamError } from '../schemas.ts';
import { Listener } from './listener.ts';
import { ReopenedFrames, type StreamedVideo } from './reopened-frames.ts';

const REPORTED_SCORE = 0.5;
/** Listeners of one stream. */
const MOST_LISTENERS = 100;

/** What a stream needs of the server. */
export interface StreamHost {
  /** Milliseconds between signs of life. */
  heartbeat: number;
  /** Detects in a frame; undefined where the frame is lost. */
  detectFrame(
    frame: ImageSource,
    options: Omit<DetectOptions, 'signal'>,
  ): Promise<Detection[] | undefined>;
  /** Receives the labels in a frame, and the number of frames dropped since the last one. */
  onFrame(stream: string, labels: readonly string[], dropped: number): void;
  onError(stream: string, error: unknown, event: StreamError): void;
}

export class LiveStream {
  readonly #name: string;
  readonly #video: StreamedVideo;
  readonly #host: StreamHost;
  readonly #listeners = new Set<Listener>();
  #stopping: AbortController | undefined;
  #run: Promise<void> = Promise.resolve();

  constructor(name: string, video: StreamedVideo, host: StreamHost) {
    this.#name = name;
    this.#video = video;
    this.#host = host;
  }

  /** Number of clients that listen. */
  get listeners(): number {
    return this.#listeners.size;
  }

  /**
   * Returns the events from now on, as the body of an answer.
   * @throws OVERLOADED
   */
  listen(): ReadableStream<Uint8Array> {
    if (this.#listeners.size >= MOST_LISTENERS) {
      const message = `the stream has ${MOST_LISTENERS} listeners already; try again later`;
      throw new ServeError('OVERLOADED', message, { 'retry-after': '10' });
    }
    const listener: Listener = new Listener({
      onArrive: () => {
        this.#listeners.add(listener);
        if (!this.#stopping) this.#start();
      },
      onLeave: () => {
        this.#listeners.delete(listener);
        if (this.#listeners.size === 0) this.#stop();
      },
    });
    return listener.body;
  }

  /** Ends the answers and closes the source. */
  end(): void {
    for (const listener of this.#listeners) listener.end();
    this.#listeners.clear();
    this.#stop();
  }

  #start(): void {
    const stopping = new AbortController();
    this.#stopping = stopping;
    // A camera can be open once only: the run before must have ended.
    this.#run = this.#run.then(() => this.#detect(stopping.signal));
  }

  #stop(): void {
    this.#stopping?.abort();
    this.#stopping = undefined;
  }

  async #detect(signal: AbortSignal): Promise<void> {
    const { heartbeat, onFrame } = this.#host;
    const beat = setInterval(() => {
      for (const listener of this.#listeners) listener.beat();
    }, heartbeat);
    const frames = new ReopenedFrames(this.#video, (error, pause) => this.#fail(error, pause));
    const kept = new KeptFrames(frames);
    const detectFrame = (frame: ImageSource, { scoreThreshold }: DetectOptions) =>
      this.#host.detectFrame(frame, { scoreThreshold });
    const options = { scoreThreshold: TRACKED_SCORE, track: true, signal };
    let dropped = 0;
    try {
      // One frame at a time: the other workers stay free for requests.
      for await (const result of detectStream({ limit: 1, detectFrame }, kept, options)) {
        const { index: frame, time } = result;
        const { width, height } = kept.take(frame);
        const detections = reportedDetections(result.detections, REPORTED_SCORE);
        const source = this.#name;
        this.#send('detections', frameRecord({ source, frame, time, width, height, detections }));
        const labels = detections.map(({ label }) => label);
        onFrame(source, labels, result.dropped - dropped);
        dropped = result.dropped;
      }
      this.#send('end', {});
    } catch (error) {
      if (!signal.aborted) this.#fail(error);
    } finally {
      clearInterval(beat);
      await frames.return().catch(() => {});
    }
    if (!signal.aborted) this.end();
  }

  /** @param pause milliseconds until the source is opened again; absent at the end */
  #fail(error: unknown, pause?: number): void {
    const { code, detail } = problemOf(error, '');
    // The address of a camera is not for listeners.
    const { name = '' } = this.#video;
    const known = name === '' ? detail : detail.replaceAll(name, this.#name);
    const message = known.replace(/\b\w+:\/\/[^\s,;]+/g, this.#name);
    const event: StreamError = { code, message, ...(pause && { retrySeconds: pause / 1000 }) };
    this.#send('error', event);
    this.#host.onError(this.#name, error, event);
  }

  #send(type: string, data: object): void {
    const event = new TextEncoder().encode(`event: ${type}\ndata: ${JSON.stringify(data)}\n\n`);
    for (const listener of this.#listeners) listener.send(event);
  }
}
